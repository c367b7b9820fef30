import type { DtlsParameters, IceCandidate, IceParameters } from '../transport-parameters.js';
import type { MediaSection } from './description.js';
import { parseDescription } from './parse.js';

/** The server's transport, as it told us when it was made. A restart of ICE only changes `iceParameters`. */
export type RemoteTransport = {
  iceParameters: IceParameters;
  iceCandidates: IceCandidate[];
  dtlsParameters: DtlsParameters;
  sctpParameters?: { port: number; maxMessageSize: number };
};

type TransportFields = Pick<
  MediaSection,
  'ice' | 'iceOptions' | 'candidates' | 'fingerprint' | 'rtcpMux' | 'rtcpReducedSize'
>;

/** The server's side of any m-section: all are bundled on the one transport. */
export function transportFields({
  iceParameters,
  iceCandidates,
  dtlsParameters,
}: RemoteTransport): TransportFields {
  const { usernameFragment, password } = iceParameters;
  const fingerprint = strongestFingerprint(dtlsParameters);
  return {
    ice: { usernameFragment, password },
    iceOptions: ['renomination'],
    candidates: iceCandidates.map(({ ip, address, ...candidate }) => ({
      ...candidate,
      address: address ?? ip,
    })),
    ...(fingerprint && { fingerprint }),
    rtcpMux: true,
    rtcpReducedSize: true,
  };
}

/**
 * The browser's DTLS parameters, for the server, from its local description. In an offer it leaves the role open; it
 * becomes the client, as our answers are passive.
 */
export function localDtlsParameters(localDescription: string): DtlsParameters {
  const { sections } = parseDescription(localDescription);
  const section = sections.find(({ fingerprint }) => fingerprint !== undefined);
  if (!section?.fingerprint) throw new TypeError('localDescription must have a fingerprint');
  return { role: section.setup === 'passive' ? 'server' : 'client', fingerprints: [section.fingerprint] };
}

/** RFC 8122, 5.1: any one is enough; every browser knows sha-256. */
function strongestFingerprint({ fingerprints }: DtlsParameters) {
  return fingerprints.find(({ algorithm }) => algorithm === 'sha-256') ?? fingerprints[0];
}
