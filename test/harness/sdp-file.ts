import type { RtpCodecParameters } from '../../ts/shared/rtp/rtp-parameters.js';
import type { ReceivedStream } from './plain-streams.js';

/** The description by which a program receives these streams on 127.0.0.1 (RFC 8866; keys as in RFC 4568). */
export function sdpFile(streams: ReceivedStream[]): string {
  const session = ['v=0', 'o=- 0 0 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0'];
  return [...session, ...streams.flatMap(mediaSection), ''].join('\n');
}

function mediaSection({ kind, rtpParameters, port, srtp }: ReceivedStream): string[] {
  const codec = rtpParameters.codecs[0]!;
  const fmtp = Object.entries(codec.parameters ?? {}).map(([name, value]) => `${name}=${value}`);
  return [
    `m=${kind} ${port} RTP/${srtp ? 'SAVP' : 'AVP'} ${codec.payloadType}`,
    `a=rtpmap:${codec.payloadType} ${encoding(codec)}`,
    ...(fmtp.length > 0 ? [`a=fmtp:${codec.payloadType} ${fmtp.join(';')}`] : []),
    ...(srtp ? [`a=crypto:1 ${srtp.cryptoSuite} inline:${srtp.keyBase64}`] : []),
  ];
}

function encoding({ mimeType, clockRate, channels }: RtpCodecParameters): string {
  const name = mimeType.split('/')[1];
  return [name, clockRate, ...(channels ? [channels] : [])].join('/');
}
