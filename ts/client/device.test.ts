import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FakePeerConnection, installWebRtc } from '../../test/harness/fake-webrtc.js';
import { UnsupportedError } from '../shared/errors.js';
import { getDeviceCapabilities, isDeviceSupported } from './device.js';

let uninstall: () => void;

beforeEach(() => {
  uninstall = installWebRtc();
});

afterEach(() => uninstall());

describe('the device', () => {
  it('tells what it can send and receive, and keeps nothing open', async () => {
    const { sending, receiving } = await getDeviceCapabilities();

    expect(sending.codecs.map(({ mimeType }) => mimeType)).toEqual(['audio/opus', 'video/VP8', 'video/rtx']);
    expect(receiving.codecs).toEqual(sending.codecs);
    expect(FakePeerConnection.all.map(({ connectionState }) => connectionState)).toEqual(['closed']);
  });

  it('can send and receive dependency descriptors', async () => {
    const { sending, receiving } = await getDeviceCapabilities();

    for (const { headerExtensions } of [sending, receiving])
      expect(headerExtensions.map(({ kind, uri }) => `${kind} ${uri}`)).toContain(
        'video https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension',
      );
  });

  it('is unsupported without WebRTC', async () => {
    expect(isDeviceSupported()).toBe(true);
    uninstall();

    expect(isDeviceSupported()).toBe(false);
    await expect(getDeviceCapabilities()).rejects.toThrow(UnsupportedError);
  });
});
