import type { SrtpParameters } from '../../ts/server/core/index.js';
import {
  type Content,
  frameRate,
  quadrantsAsHex,
  type ReceivedStream,
  type RtpTool,
  type SentStream,
  videoSize,
} from './plain-streams.js';
import { type Program, start } from './program.js';
import { rawPicture, rawSound } from './raw-media.js';
import { sdpFile } from './sdp-file.js';

/**
 * FFmpeg has SRTP with AES_CM_128_HMAC_SHA1_80 and _32. It does nothing about requests for key frames, and sends RTCP
 * from another port than RTP, even where both go to one.
 */
export const ffmpeg: RtpTool = { name: 'FFmpeg', send, receive };

const quiet = '-hide_banner -loglevel warning';

/** No argument has a space within. */
function run(parts: string[], input?: string): Program {
  return start(
    'ffmpeg',
    [quiet, ...parts].flatMap((part) => part.split(' ')),
    input,
  );
}

function send(streams: SentStream[]): Program {
  const inputs = streams.map(({ content }) => `-re -f lavfi -i ${source(content)}`);
  const outputs = streams.flatMap((stream, index) => [
    `-map ${index}`,
    encoder(stream.content),
    ...muxer(stream),
  ]);
  return run(['-nostdin', ...inputs, ...outputs]);
}

function source(content: Content): string {
  if (content.codec === 'opus') return `sine=frequency=${content.hz}:sample_rate=48000`;
  const size = `${videoSize.width / 2}x${videoSize.height / 2}`;
  const quadrants = quadrantsAsHex(content.colour).map((hex) => `color=0x${hex}:s=${size}:r=${frameRate}`);
  const inputs = quadrants.map((quadrant, index) => `${quadrant}[q${index}]`).join(';');
  // The noise makes frames that take several packets.
  return `${inputs};[q0][q1]hstack[top];[q2][q3]hstack[bottom];[top][bottom]vstack,noise=alls=40:allf=t`;
}

function encoder(content: Content): string {
  if (content.codec === 'opus') return '-c:a libopus -b:a 64k -ac 2';
  const common = `-pix_fmt yuv420p -b:v 800k -g ${content.keyFrameEvery}`;
  if (content.codec === 'VP8') return `-c:v libvpx -deadline realtime -cpu-used 8 ${common}`;
  const baseline = '-preset ultrafast -tune zerolatency -profile:v baseline -level 3.1';
  // Parameter sets travel with each key frame: there is no signalling that would carry them.
  return `-c:v libx264 ${baseline} ${common} -bsf:v dump_extra`;
}

function muxer({ payloadType, ssrc, to, from, srtp }: SentStream): string[] {
  const ports = `rtcpport=${to.rtcpPort}&localrtpport=${from.port}&localrtcpport=${from.rtcpPort}`;
  const url = `${srtp ? 'srtp' : 'rtp'}://127.0.0.1:${to.port}?${ports}&pkt_size=1200`;
  // It would print a description.
  const stream = `-f rtp -payload_type ${payloadType} -ssrc ${ssrc} -sdp_file /dev/null`;
  return [stream, ...(srtp ? [encryption(srtp)] : []), url];
}

function encryption({ cryptoSuite, keyBase64 }: SrtpParameters): string {
  return `-srtp_out_suite ${cryptoSuite} -srtp_out_params ${keyBase64}`;
}

function receive(streams: ReceivedStream[]): Program {
  const network = '-protocol_whitelist pipe,udp,rtp,srtp,crypto -sdp_flags rtcp_to_source';
  const input = '-analyzeduration 500000 -probesize 32768 -f sdp -i pipe:0';
  const outputs = streams.map(({ kind }) => (kind === 'video' ? rawVideo : rawAudio));
  return run([network, input, ...outputs], sdpFile(streams));
}

// Each decoded frame once.
const rawFrames = '-fps_mode passthrough -pix_fmt rgb24 -f rawvideo pipe:1';
const rawVideo = `-map 0:v -vf scale=${rawPicture.width}:${rawPicture.height}:flags=area ${rawFrames}`;
const rawAudio = `-map 0:a -ar ${rawSound.rate} -ac 1 -f s16le pipe:3`;
