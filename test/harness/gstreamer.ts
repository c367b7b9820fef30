import type { SrtpCryptoSuite, SrtpParameters } from '../../ts/server/core/index.js';
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

/**
 * GStreamer has all suites of SRTP. Without SRTP it makes a key frame when it is asked for one by RTCP, which must come
 * to the port `from.rtcpPort`.
 */
export const gstreamer: RtpTool = {
  name: 'GStreamer',
  send: (streams) => launch(streams.map(sending)),
  receive: (streams) => launch(streams.map(receiving)),
};

/** As `gst-launch-1.0` reads it, but for quotes: each word is an argument. */
type Pipeline = string[];

function launch(pipelines: Pipeline[]): Program {
  const words = pipelines.flat().flatMap((part) => part.split(' '));
  return start('gst-launch-1.0', ['--quiet', ...words]);
}

function sending(stream: SentStream, index: number): Pipeline {
  const encoded = [...source(stream.content, index), ...encoder(stream)];
  return stream.srtp ? encrypted(encoded, stream, stream.srtp) : withRtcp(encoded, stream, index);
}

/** An RTP session takes in what the receiver says: it passes key-frame requests on to the encoder. */
function withRtcp(encoded: Pipeline, { to, from }: SentStream, index: number): Pipeline {
  const session = `session${index}`;
  return [
    `rtpbin name=${session} rtp-profile=avpf`,
    ...encoded,
    `! ${session}.send_rtp_sink_0`,
    `${session}.send_rtp_src_0 ! udpsink host=127.0.0.1 port=${to.port} bind-address=127.0.0.1 bind-port=${from.port}`,
    `udpsrc address=127.0.0.1 port=${from.rtcpPort} caps=application/x-rtcp ! ${session}.recv_rtcp_sink_0`,
  ];
}

function encrypted(encoded: Pipeline, { to, from }: SentStream, srtp: SrtpParameters): Pipeline {
  const { rtp, rtcp } = ciphers[srtp.cryptoSuite];
  const settings = `rtp-cipher=${rtp.cipher} rtp-auth=${rtp.auth} rtcp-cipher=${rtcp.cipher} rtcp-auth=${rtcp.auth}`;
  return [
    ...encoded,
    `! srtpenc key=${hex(srtp)} ${settings}`,
    `! udpsink host=127.0.0.1 port=${to.port} bind-address=127.0.0.1 bind-port=${from.port}`,
  ];
}

function source(content: Content, index: number): Pipeline {
  if (content.codec === 'opus') return [`audiotestsrc is-live=true freq=${content.hz} volume=0.3`];
  const { width, height } = videoSize;
  const mixer = `mixer${index}`;
  const caps = (w: number, h: number): string =>
    `video/x-raw,width=${w},height=${h},framerate=${frameRate}/1`;
  const quadrants = quadrantsAsHex(content.colour).map((hex) => {
    const test = `videotestsrc is-live=true pattern=solid-color foreground-color=0xff${hex}`;
    return `${test} ! ${caps(width / 2, height / 2)} ! ${mixer}.`;
  });
  const places = [1, 2, 3].map(
    (at) => `sink_${at}::xpos=${((at % 2) * width) / 2} sink_${at}::ypos=${((at >> 1) * height) / 2}`,
  );
  // The snow makes frames that take several packets.
  const snow = `videotestsrc is-live=true pattern=snow ! ${caps(width, height)} ! ${mixer}.`;
  const mix = `compositor name=${mixer} ${places.join(' ')} sink_4::alpha=0.15`;
  return [...quadrants, snow, mix, `! ${caps(width, height)} ! videoconvert`];
}

function encoder({ content, payloadType, ssrc }: SentStream): Pipeline {
  const payload = `pt=${payloadType} ssrc=${ssrc} mtu=1200`;
  switch (content.codec) {
    case 'opus':
      return [`! audioconvert ! audio/x-raw,channels=2 ! opusenc ! rtpopuspay ${payload}`];
    case 'VP8': {
      const speed = 'deadline=1 cpu-used=8 target-bitrate=800000';
      return [`! vp8enc ${speed} keyframe-max-dist=${content.keyFrameEvery} ! rtpvp8pay ${payload}`];
    }
    case 'H264': {
      const speed = 'tune=zerolatency speed-preset=ultrafast bitrate=800';
      return [
        `! x264enc ${speed} key-int-max=${content.keyFrameEvery} ! video/x-h264,profile=constrained-baseline`,
        `! rtph264pay config-interval=-1 ${payload}`,
      ];
    }
  }
}

function receiving(stream: ReceivedStream, index: number): Pipeline {
  const network = `udpsrc address=127.0.0.1 port=${stream.port} caps=${caps(stream)}`;
  return [
    network,
    ...(stream.srtp ? decrypter(`decrypter${index}`) : []),
    '! rtpjitterbuffer latency=100',
    ...decoder(stream),
  ];
}

/** It has a way out for RTCP, which must lead somewhere. */
function decrypter(name: string): Pipeline {
  return [`! srtpdec name=${name} ${name}.rtcp_src ! fakesink async=false sync=false ${name}.rtp_src`];
}

function caps({ kind, rtpParameters, srtp }: ReceivedStream): string {
  const { mimeType, payloadType, clockRate } = rtpParameters.codecs[0]!;
  const encoding = mimeType.split('/')[1]!.toUpperCase();
  const media = `media=${kind},clock-rate=${clockRate},encoding-name=${encoding},payload=${payloadType}`;
  if (!srtp) return `application/x-rtp,${media}`;
  const { rtp, rtcp } = ciphers[srtp.cryptoSuite];
  const keys = `ssrc=(uint)${rtpParameters.encodings![0]!.ssrc},srtp-key=(buffer)${hex(srtp)}`;
  const rtpCipher = `srtp-cipher=(string)${rtp.cipher},srtp-auth=(string)${rtp.auth}`;
  const rtcpCipher = `srtcp-cipher=(string)${rtcp.cipher},srtcp-auth=(string)${rtcp.auth}`;
  return `application/x-srtp,${media},${keys},${rtpCipher},${rtcpCipher}`;
}

function decoder({ kind, rtpParameters }: ReceivedStream): Pipeline {
  if (kind === 'audio') {
    const raw = `audio/x-raw,format=S16LE,rate=${rawSound.rate},channels=1`;
    return [`! rtpopusdepay ! opusdec ! audioconvert ! audioresample ! ${raw} ! fdsink fd=3 sync=false`];
  }
  const isVp8 = rtpParameters.codecs[0]!.mimeType.toLowerCase() === 'video/vp8';
  const decode = isVp8 ? '! rtpvp8depay ! vp8dec' : '! rtph264depay ! h264parse ! avdec_h264';
  const raw = `video/x-raw,format=RGB,width=${rawPicture.width},height=${rawPicture.height}`;
  return [`${decode} ! videoconvert ! videoscale method=nearest-neighbour ! ${raw} ! fdsink fd=1 sync=false`];
}

const icm = 'aes-128-icm';
const gcm = (bits: 128 | 256) => {
  const both = { cipher: `aes-${bits}-gcm`, auth: 'null' };
  return { rtp: both, rtcp: both };
};
type Ciphers = Record<'rtp' | 'rtcp', { cipher: string; auth: string }>;
const ciphers: Record<SrtpCryptoSuite, Ciphers> = {
  AES_CM_128_HMAC_SHA1_80: {
    rtp: { cipher: icm, auth: 'hmac-sha1-80' },
    rtcp: { cipher: icm, auth: 'hmac-sha1-80' },
  },
  // RFC 4568, 6.2.2: SRTCP has the long tag.
  AES_CM_128_HMAC_SHA1_32: {
    rtp: { cipher: icm, auth: 'hmac-sha1-32' },
    rtcp: { cipher: icm, auth: 'hmac-sha1-80' },
  },
  AEAD_AES_128_GCM: gcm(128),
  AEAD_AES_256_GCM: gcm(256),
};

function hex({ keyBase64 }: SrtpParameters): string {
  return Buffer.from(keyBase64, 'base64').toString('hex');
}
