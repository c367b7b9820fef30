import type { NormalizedRtpParameters, RtpCodecParameters } from '../rtp/rtp-parameters.js';
import type { ExtensionMap, MediaSection } from './description.js';
import { isRejected } from './description.js';
import { parseDescription } from './parse.js';
import type { ConsumerSection, RemoteSection, RemoteSession } from './remote-session.js';
import type { RemoteTransport } from './remote-transport.js';
import { transportFields } from './remote-transport.js';
import { writeDescription } from './write.js';

const SESSION_ID = '1';
/** RFC 8840, 4.1: the discard port, as candidates say where to send. */
const PORT = 9;

/**
 * The server's answer to the offer of a sending PeerConnection. A section is received if `sending`, made by
 * `sendingParameters()`, has its mid; else it is inactive, or stays rejected.
 */
export function renderAnswer(
  transport: RemoteTransport,
  offer: string,
  sending: NormalizedRtpParameters[],
): string {
  const offered = parseDescription(offer);
  const sections = offered.sections.map((section) => answerSection(transport, section, sending));
  return writeDescription({
    sessionId: SESSION_ID,
    sessionVersion: offered.sessionVersion,
    iceLite: true,
    extmapAllowMixed: offered.extmapAllowMixed,
    // RFC 9143, 7.3.2: the first mid names the offerer's transport, so the order is the offer's.
    bundle: offered.bundle.filter((mid) => openMids(sections).includes(mid)),
    sections,
  });
}

/** The server's offer to a receiving PeerConnection: one m-section for each consumer, and one for data channels. */
export function renderOffer(session: RemoteSession): string {
  const sections = session.sections.map((section, index) => offerSection(session.transport, section, index));
  return writeDescription({
    sessionId: SESSION_ID,
    sessionVersion: session.version,
    iceLite: true,
    extmapAllowMixed: true,
    bundle: openMids(sections),
    sections,
  });
}

function openMids(sections: MediaSection[]): string[] {
  return sections.filter((section) => !isRejected(section)).map(({ mid }) => mid);
}

function answerSection(
  transport: RemoteTransport,
  offered: MediaSection,
  sending: NormalizedRtpParameters[],
): MediaSection {
  const section = { ...emptySection(offered), ...transportFields(transport), setup: 'passive' as const };
  const rtpParameters = sending.find(({ mid }) => mid === offered.mid);
  if (isRejected(offered)) return rejected(section, offered.codecs);
  if (offered.kind === 'application') return answerData(transport, section);
  if (!rtpParameters)
    return { ...section, codecs: offered.codecs, headerExtensions: sentExtensions(offered) };
  const rids = rtpParameters.encodings.flatMap(({ rid }) => rid ?? []);
  return {
    ...section,
    direction: offered.direction.startsWith('send') ? 'recvonly' : 'inactive',
    codecs: rtpParameters.codecs,
    headerExtensions: answerExtensions(offered.headerExtensions, rtpParameters.headerExtensions),
    rids: rids.map((id) => ({ id, direction: 'recv' })),
    ...(rids.length > 1 && { simulcast: { direction: 'recv' as const, rids } }),
  };
}

function answerData({ sctpParameters: sctp }: RemoteTransport, section: MediaSection): MediaSection {
  return sctp ? { ...section, direction: 'sendrecv', sctp } : rejected(section, []);
}

/** RFC 8285, 6: what is offered as sendonly is answered as recvonly. */
function answerExtensions(
  offered: ExtensionMap[],
  accepted: (Pick<ExtensionMap, 'uri' | 'id'> & { encrypt?: boolean })[],
): ExtensionMap[] {
  return accepted.map(({ uri, id, encrypt = false }) => {
    const sendOnly = offered.some((extension) => extension.id === id && extension.direction === 'sendonly');
    return { uri, id, encrypt, direction: sendOnly ? 'recvonly' : 'sendrecv' };
  });
}

/** Without them Chromium would not offer them in later sections of this kind either, and simulcast needs RIDs. */
function sentExtensions({ headerExtensions }: MediaSection): ExtensionMap[] {
  const sent = headerExtensions.filter(({ direction }) => direction.startsWith('send'));
  return answerExtensions(headerExtensions, sent);
}

function offerSection(transport: RemoteTransport, section: RemoteSection, index: number): MediaSection {
  const { kind, mid, state } = section;
  const protocol = kind === 'application' ? 'UDP/DTLS/SCTP' : 'UDP/TLS/RTP/SAVPF';
  const base = {
    ...emptySection({ kind, mid, protocol }),
    ...transportFields(transport),
    setup: 'actpass' as const,
  };
  if (section.kind === 'application') {
    return {
      ...base,
      direction: 'sendrecv',
      ...(transport.sctpParameters && { sctp: transport.sctpParameters }),
    };
  }
  const { codecs, headerExtensions } = section.rtpParameters;
  if (state === 'vacant' || (state === 'closed' && index > 0)) return rejected(base, codecs);
  return {
    ...base,
    direction: state === 'active' ? 'sendonly' : 'inactive',
    codecs,
    headerExtensions: headerExtensions.map(({ uri, id, encrypt = false }) => ({
      uri,
      id,
      encrypt,
      direction: 'sendrecv',
    })),
    ...(state !== 'closed' && streams(section)),
  };
}

/** RFC 8830 for the stream and track, RFC 5576 for the SSRCs and RFC 4588, 8.8 for the pair with RTX. */
function streams({ rtpParameters, streamId, trackId }: ConsumerSection): Partial<MediaSection> {
  const [encoding] = rtpParameters.encodings;
  const { cname = '' } = rtpParameters.rtcp;
  const ssrcs = [encoding?.ssrc, encoding?.rtx?.ssrc].flatMap((ssrc) => ssrc ?? []);
  return {
    msid: { streamId, trackId },
    ssrcs: ssrcs.map((ssrc) => ({ ssrc, cname })),
    ssrcGroups: ssrcs.length > 1 ? [{ semantics: 'FID', ssrcs }] : [],
  };
}

function emptySection({
  kind,
  mid,
  protocol,
}: Pick<MediaSection, 'kind' | 'mid' | 'protocol'>): MediaSection {
  return {
    kind,
    mid,
    port: PORT,
    bundleOnly: false,
    protocol,
    direction: 'inactive',
    codecs: [],
    headerExtensions: [],
    ssrcs: [],
    ssrcGroups: [],
    rids: [],
    iceOptions: [],
    candidates: [],
    rtcpMux: false,
    rtcpReducedSize: false,
  };
}

/** RFC 8829, 5.3.1: a rejected section still names its codecs, and has nothing of the transport. */
function rejected({ kind, mid, protocol }: MediaSection, codecs: RtpCodecParameters[]): MediaSection {
  return { ...emptySection({ kind, mid, protocol }), port: 0, codecs };
}
