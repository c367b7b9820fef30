import type { WebRtcTransport } from '../../ts/server/core/index.js';

/** The answer of a WebRTC transport to an offer of data alone (RFC 8841); the server is ICE-lite. */
export function dataAnswer({ iceParameters, iceCandidates, dtlsParameters }: WebRtcTransport): string {
  const { value } = dtlsParameters.fingerprints.find(({ algorithm }) => algorithm === 'sha-256')!;
  const { foundation, priority, address, port } = iceCandidates[0]!;
  const lines = [
    'v=0',
    'o=- 0 0 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=ice-lite',
    'a=group:BUNDLE 0',
    'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    'c=IN IP4 127.0.0.1',
    'a=mid:0',
    'a=setup:passive',
    `a=fingerprint:sha-256 ${value}`,
    `a=ice-ufrag:${iceParameters.usernameFragment}`,
    `a=ice-pwd:${iceParameters.password}`,
    'a=sctp-port:5000',
    'a=max-message-size:262144',
    `a=candidate:${foundation} 1 UDP ${priority} ${address} ${port} typ host`,
    'a=end-of-candidates',
  ];
  return `${lines.join('\r\n')}\r\n`;
}

export function fingerprintIn(sdp: string): { algorithm: 'sha-256'; value: string } {
  return { algorithm: 'sha-256', value: /^a=fingerprint:sha-256 (\S+)/im.exec(sdp)![1]! };
}
