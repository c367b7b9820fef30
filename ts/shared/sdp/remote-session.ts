import { NotFoundError } from '../errors.js';
import type { MediaKind, NormalizedRtpParameters, RtpParameters } from '../rtp/rtp-parameters.js';
import { validateAndNormalizeRtpParameters } from '../rtp/validate.js';
import type { IceParameters } from '../transport-parameters.js';
import type { RemoteTransport } from './remote-transport.js';

/**
 * The server as the browser's receiving PeerConnection sees it, from which `renderOffer()` makes the remote offer. It
 * is a value: every function here returns the next one. Any number of changes may go into one exchange:
 *
 * @example
 * session = addConsumer(closeConsumer(session, '3'), { kind, rtpParameters, trackId: id });
 * await pc.setRemoteDescription({ type: 'offer', sdp: renderOffer(session) });
 * await pc.setLocalDescription();
 * session = afterExchange(session);
 */
export type RemoteSession = {
  transport: RemoteTransport;
  /** Grows with every change (RFC 8866, 5.2). */
  version: number;
  /** In the order of their m-sections, which never changes. */
  sections: RemoteSection[];
};

export type RemoteSection = ConsumerSection | DataSection;

export type ConsumerSection = {
  kind: MediaKind;
  mid: string;
  /** Closed sections become vacant, for another mid to take, once the browser knows that they are closed. */
  state: 'active' | 'paused' | 'closed' | 'vacant';
  rtpParameters: NormalizedRtpParameters;
  streamId: string;
  trackId: string;
};

/** The section of all data channels. */
export type DataSection = { kind: 'application'; mid: string; state: 'active' };

export type ConsumerSectionOptions = {
  kind: MediaKind;
  /** The consumer's, with its `mid`. */
  rtpParameters: RtpParameters;
  /** Tracks of one stream are played in sync. Default: the producer's stream, else its cname. */
  streamId?: string;
  trackId: string;
};

const DATA_MID = 'data';

export function createRemoteSession(transport: RemoteTransport): RemoteSession {
  return { transport, version: 1, sections: [] };
}

/**
 * Adds an m-section for a consumer, in a vacant one's place if there is any.
 *
 * @throws TypeError for malformed parameters or a mid in use
 */
export function addConsumer(session: RemoteSession, options: ConsumerSectionOptions): RemoteSession {
  const { kind, trackId } = options;
  const rtpParameters = validateAndNormalizeRtpParameters(options.rtpParameters);
  const { mid } = rtpParameters;
  if (mid === undefined) throw new TypeError('rtpParameters.mid must be given');
  if (session.sections.some((section) => section.mid === mid && section.state !== 'vacant')) {
    throw new TypeError(`rtpParameters.mid ${mid} must not be in use`);
  }
  const streamId = options.streamId ?? defaultStreamId(rtpParameters);
  const section: ConsumerSection = { kind, mid, state: 'active', rtpParameters, streamId, trackId };
  const vacant = session.sections.findIndex(({ state }) => state === 'vacant');
  return changed(
    session,
    vacant < 0 ? [...session.sections, section] : session.sections.with(vacant, section),
  );
}

/** Adds the m-section of data channels, once; needs the transport's `sctpParameters`. */
export function addDataChannels(session: RemoteSession): RemoteSession {
  if (!session.transport.sctpParameters) throw new TypeError('transport.sctpParameters must be given');
  if (session.sections.some(({ kind }) => kind === 'application')) return session;
  return changed(session, [...session.sections, { kind: 'application', mid: DATA_MID, state: 'active' }]);
}

export function pauseConsumer(session: RemoteSession, mid: string): RemoteSession {
  return withState(session, mid, 'paused');
}

export function resumeConsumer(session: RemoteSession, mid: string): RemoteSession {
  return withState(session, mid, 'active');
}

export function closeConsumer(session: RemoteSession, mid: string): RemoteSession {
  return withState(session, mid, 'closed');
}

export function restartIce(session: RemoteSession, iceParameters: IceParameters): RemoteSession {
  return { ...changed(session, session.sections), transport: { ...session.transport, iceParameters } };
}

/**
 * After the browser's answer: what it knows to be closed is vacant. The first section never is: rejecting it would
 * move the transport of the whole bundle (RFC 9143, 7.3.3).
 */
export function afterExchange(session: RemoteSession): RemoteSession {
  const sections = session.sections.map((section, index) =>
    index > 0 && section.state === 'closed' ? { ...section, state: 'vacant' as const } : section,
  );
  return { ...session, sections };
}

function withState(session: RemoteSession, mid: string, state: ConsumerSection['state']): RemoteSession {
  const index = session.sections.findIndex((section) => section.mid === mid && isOpen(section));
  const section = session.sections[index];
  if (!section || section.kind === 'application') throw new NotFoundError(`no consumer has mid ${mid}`);
  return changed(session, session.sections.with(index, { ...section, state }));
}

function isOpen({ state }: RemoteSection): boolean {
  return state === 'active' || state === 'paused';
}

function changed(session: RemoteSession, sections: RemoteSection[]): RemoteSession {
  return { ...session, version: session.version + 1, sections };
}

/** RFC 8830, 2: `-` is no stream. */
function defaultStreamId({ msid = '', rtcp }: NormalizedRtpParameters): string {
  const [streamId] = msid.split(' ');
  return streamId || rtcp.cname || '-';
}
