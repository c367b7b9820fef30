/** The programs among themselves, without our core between: what the interop tests take for granted. */
import { afterEach, expect, test } from '@jest/globals';
import type { RtpCodecParameters } from '../../ts/shared/rtp/rtp-parameters.js';
import { ffmpeg } from './ffmpeg.js';
import { gstreamer } from './gstreamer.js';
import { Player, type ReceivedStream, type RtpTool, type SentStream } from './plain-streams.js';
import { isAlive } from './process.js';
import type { Program } from './program.js';
import { freePortPair, waitForListener } from './udp-ports.js';

const vp8: RtpCodecParameters = { mimeType: 'video/VP8', payloadType: 96, clockRate: 90000 };
const opus: RtpCodecParameters = { mimeType: 'audio/opus', payloadType: 97, clockRate: 48000, channels: 2 };
const srtp = {
  cryptoSuite: 'AES_CM_128_HMAC_SHA1_80',
  keyBase64: Buffer.from('thirty bytes: the key and salt').toString('base64'),
} as const;

let programs: Program[] = [];

afterEach(async () => {
  await Promise.all(programs.map((program) => program.stop()));
  expect(programs.filter(({ pid }) => isAlive(pid))).toEqual([]);
  programs = [];
});

async function streams(): Promise<{ sent: SentStream[]; received: ReceivedStream[] }> {
  const [video, audio, own] = [await freePortPair(), await freePortPair(), await freePortPair()];
  const pair = (port: number) => ({ port, rtcpPort: port + 1 });
  const colour = 'red' as const;
  return {
    sent: [
      {
        content: { codec: 'VP8', colour, keyFrameEvery: 15 },
        ...{ payloadType: 96, ssrc: 1, to: pair(video), from: pair(own), srtp },
      },
      {
        content: { codec: 'opus', hz: 700 },
        ...{ payloadType: 97, ssrc: 2, to: pair(audio), from: pair(await freePortPair()) },
      },
    ],
    received: [
      { kind: 'video', port: video, srtp, rtpParameters: { codecs: [vp8], encodings: [{ ssrc: 1 }] } },
      { kind: 'audio', port: audio, rtpParameters: { codecs: [opus], encodings: [{ ssrc: 2 }] } },
    ],
  };
}

const pairs: [from: string, to: string, RtpTool, RtpTool][] = [
  ['FFmpeg', 'GStreamer', ffmpeg, gstreamer],
  ['GStreamer', 'FFmpeg', gstreamer, ffmpeg],
];

test.each(pairs)('%s sends what %s shows', async (_from, _to, from, to) => {
  const { sent, received } = await streams();
  const receiver = to.receive(received);
  programs.push(receiver);
  const player = new Player(receiver);
  for (const { port } of received) await waitForListener(port, receiver.state);
  programs.push(from.send(sent));

  await player.waitForPictures('red', 15);
  await player.waitForTone(700);

  await expect(player.waitForPictures('blue', 1, 200)).rejects.toThrow('red,yellow,green,cyan');
  await expect(player.waitForTone(800, 200)).rejects.toThrow('of the sound is 800 Hz');
});
