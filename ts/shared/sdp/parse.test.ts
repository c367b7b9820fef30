import { describe, expect, it } from '@jest/globals';
import { isRejected } from './description.js';
import { offer } from './fixtures/offers.js';
import { parseDescription } from './parse.js';

function sections(name: Parameters<typeof offer>[0]) {
  return parseDescription(offer(name)).sections;
}

describe('parseDescription', () => {
  it("reads Chromium's session", () => {
    expect(parseDescription(offer('chromium-sending'))).toMatchObject({
      sessionId: '7013666498551814670',
      sessionVersion: 2,
      iceLite: false,
      extmapAllowMixed: true,
      bundle: ['0', '1', '2', '3'],
    });
  });

  it("reads Firefox's, which allows mixed extensions in its sections", () => {
    expect(parseDescription(offer('firefox-sending'))).toMatchObject({
      sessionVersion: 0,
      extmapAllowMixed: true,
      bundle: ['0', '1', '2', '3'],
    });
  });

  it('reads an audio section', () => {
    const [audio] = sections('chromium-sending');

    expect(audio).toMatchObject({
      kind: 'audio',
      mid: '0',
      port: 9,
      protocol: 'UDP/TLS/RTP/SAVPF',
      direction: 'sendonly',
      ice: { usernameFragment: 'c8fk', password: 'GjCAx88aN8i7EvlZ9C2/XsN9' },
      iceOptions: ['trickle'],
      setup: 'actpass',
      fingerprint: { algorithm: 'sha-256', value: expect.stringMatching(/^14:B3:.*:10:09$/) },
      msid: {
        streamId: '56ad34e1-5002-4a34-a5c9-57003cfd2ea7',
        trackId: '63aae242-d26c-47a4-b800-01789e9aec0f',
      },
      ssrcs: [{ ssrc: 3952902606, cname: 'FSLx2CXTupcYxfrz' }],
      rtcpMux: true,
      rtcpReducedSize: true,
    });
    expect(audio?.codecs.map(({ payloadType }) => payloadType)).toEqual([111, 63, 9, 0, 8, 13, 110, 126]);
    expect(audio?.codecs[0]).toEqual({
      mimeType: 'audio/opus',
      payloadType: 111,
      clockRate: 48000,
      channels: 2,
      parameters: { minptime: 10, useinbandfec: 1 },
      rtcpFeedback: [{ type: 'transport-cc', parameter: '' }],
    });
  });

  it('reads a simulcast section', () => {
    for (const name of ['chromium-sending', 'firefox-sending'] as const) {
      expect(sections(name)[1]).toMatchObject({
        rids: [
          { id: 'q', direction: 'send' },
          { id: 'h', direction: 'send' },
          { id: 'f', direction: 'send' },
        ],
        simulcast: { direction: 'send', rids: ['q', 'h', 'f'] },
      });
    }
  });

  it('reads a stream with its retransmissions', () => {
    expect(sections('chromium-sending')[2]).toMatchObject({
      ssrcs: [{ ssrc: 469865565 }, { ssrc: 3155978790 }],
      ssrcGroups: [{ semantics: 'FID', ssrcs: [469865565, 3155978790] }],
    });
  });

  it('keeps a profile in hexadecimal and reads other numbers', () => {
    const [h264] =
      sections('chromium-sending')[1]?.codecs.filter(({ payloadType }) => payloadType === 102) ?? [];

    expect(h264?.parameters).toEqual({
      'level-asymmetry-allowed': 1,
      'packetization-mode': 1,
      'profile-level-id': '42001f',
    });
    expect(
      parseDescription(
        'm=video 9 UDP/TLS/RTP/SAVPF 1\r\na=rtpmap:1 H264/90000\r\na=fmtp:1 profile-level-id=640032\r\n',
      ).sections[0]?.codecs[0]?.parameters,
    ).toEqual({ 'profile-level-id': '640032' });
  });

  it('reads the direction of header extensions', () => {
    const extensions = sections('firefox-sending')[1]?.headerExtensions;

    expect(extensions?.map(({ id, direction }) => `${id} ${direction}`)).toEqual([
      '3 sendrecv',
      '4 sendrecv',
      '5 sendrecv',
      '6 recvonly',
      '7 sendrecv',
      '8 sendonly',
      '9 sendonly',
      '10 sendonly',
    ]);
  });

  it("takes Firefox's fingerprint and ICE options from the session", () => {
    for (const section of sections('firefox-sending')) {
      expect(section).toMatchObject({ iceOptions: ['trickle'], fingerprint: { algorithm: 'sha-256' } });
    }
  });

  it("reads Firefox's stream ids, in braces", () => {
    expect(sections('firefox-sending')[0]?.msid).toEqual({
      streamId: '{dc527034-1ae3-431c-8fb1-6c68c75dc421}',
      trackId: '{3778b116-af56-4c74-bffb-526821b5ab05}',
    });
  });

  it("tells Firefox's bundle-only sections from rejected ones", () => {
    const [, , plain] = sections('firefox-sending');

    expect(plain).toMatchObject({ port: 0, bundleOnly: true });
    expect(plain && isRejected(plain)).toBe(false);
  });

  it('reads a data section', () => {
    expect(sections('firefox-sending')[3]).toMatchObject({
      kind: 'application',
      mid: '3',
      protocol: 'UDP/DTLS/SCTP',
      codecs: [],
      sctp: { port: 5000, maxMessageSize: 1073741823 },
    });
  });

  it('keeps text that looks like a number text', () => {
    const text =
      'v=0\r\na=group:BUNDLE 7\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:7\r\na=ice-ufrag:1234\r\na=ice-pwd:5678\r\na=rid:1 send\r\na=simulcast:send 1;~2,3\r\na=ssrc:1 cname:99\r\n';

    expect(parseDescription(text)).toMatchObject({
      bundle: ['7'],
      sections: [
        {
          mid: '7',
          ice: { usernameFragment: '1234', password: '5678' },
          rids: [{ id: '1', direction: 'send' }],
          simulcast: { direction: 'send', rids: ['1', '2'] },
          ssrcs: [{ ssrc: 1, cname: '99' }],
        },
      ],
    });
  });

  it('gives feedback for every payload type to each', () => {
    const text =
      'm=audio 9 UDP/TLS/RTP/SAVPF 1 2\r\na=rtpmap:1 opus/48000/2\r\na=rtpmap:2 G722/8000\r\na=rtcp-fb:* transport-cc\r\n';

    expect(parseDescription(text).sections[0]?.codecs.map(({ rtcpFeedback }) => rtcpFeedback)).toEqual([
      [{ type: 'transport-cc', parameter: '' }],
      [{ type: 'transport-cc', parameter: '' }],
    ]);
  });

  it('reads nothing from nothing', () => {
    expect(parseDescription('')).toMatchObject({ bundle: [], sections: [] });
  });
});
