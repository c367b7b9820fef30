import * as sdp from 'sdp-transform';
import type { RtcpFeedback, RtpCodecParameters, RtpCodecSpecificParameters } from '../rtp/rtp-parameters.js';
import type { DtlsFingerprint } from '../transport-parameters.js';
import type { Candidate, Description, Direction, ExtensionMap, MediaSection, Rid } from './description.js';

type Session = ReturnType<typeof sdp.parse>;
type Media = Session['media'][number];

/** RFC 8841, 6.1: what to assume without a=max-message-size. */
const DEFAULT_MAX_MESSAGE_SIZE = 65536;

/** Reads a browser's own description. Attributes of which the types know nothing are left out. */
export function parseDescription(text: string): Description {
  const session = sdp.parse(text);
  const bundle = session.groups?.find(({ type }) => type === 'BUNDLE')?.mids;
  return {
    sessionId: String(session.origin?.sessionId ?? 0),
    sessionVersion: Number(session.origin?.sessionVersion ?? 0),
    iceLite: session.icelite !== undefined,
    extmapAllowMixed: [session, ...session.media].some(
      ({ extmapAllowMixed }) => extmapAllowMixed !== undefined,
    ),
    bundle: words(bundle),
    sections: session.media.map((media) => parseSection(media, session)),
  };
}

function parseSection(media: Media, session: Session): MediaSection {
  const msid = parseMsid(media);
  const ufrag = media.iceUfrag ?? session.iceUfrag;
  const fingerprint = media.fingerprint ?? session.fingerprint;
  const setup = media.setup ?? session.setup;
  return {
    kind: media.type as MediaSection['kind'],
    mid: String(media.mid ?? ''),
    port: media.port,
    bundleOnly: media.bundleOnly !== undefined,
    protocol: media.protocol,
    direction: media.direction ?? session.direction ?? 'sendrecv',
    codecs: media.type === 'application' ? [] : parseCodecs(media),
    headerExtensions: (media.ext ?? []).map(parseExtension),
    ssrcs: parseSsrcs(media),
    ssrcGroups: (media.ssrcGroups ?? []).map(({ semantics, ssrcs }) => ({
      semantics,
      ssrcs: words(ssrcs).map(Number),
    })),
    rids: (media.rids ?? []).map(({ id, direction }) => ({
      id: String(id),
      direction: direction as Rid['direction'],
    })),
    ...(media.simulcast && {
      simulcast: { direction: media.simulcast.dir1, rids: parseSimulcastList(media.simulcast.list1) },
    }),
    ...(msid && { msid }),
    ...(ufrag !== undefined && {
      ice: { usernameFragment: String(ufrag), password: String(media.icePwd ?? session.icePwd ?? '') },
    }),
    iceOptions: words(media.iceOptions ?? session.iceOptions),
    candidates: (media.candidates ?? []).map(parseCandidate),
    ...(fingerprint && { fingerprint: parseFingerprint(fingerprint) }),
    ...(setup && { setup: setup as NonNullable<MediaSection['setup']> }),
    rtcpMux: media.rtcpMux !== undefined,
    rtcpReducedSize: media.rtcpRsize !== undefined,
    ...(media.sctpPort !== undefined && {
      sctp: { port: media.sctpPort, maxMessageSize: media.maxMessageSize ?? DEFAULT_MAX_MESSAGE_SIZE },
    }),
  };
}

/** The library does not know the braces in Firefox's ids, and keeps such lines as they are. */
function parseMsid({ msid, invalid = [] }: Media): MediaSection['msid'] {
  const [known] = msid ?? [];
  if (known) return { streamId: String(known.id), trackId: String(known.appdata ?? '') };
  const unknown = invalid.map(({ value }) => String(value)).find((value) => value.startsWith('msid:'));
  const [streamId, trackId = ''] = words(unknown?.slice('msid:'.length));
  return streamId === undefined ? undefined : { streamId, trackId };
}

function parseCodecs(media: Media): RtpCodecParameters[] {
  return words(media.payloads)
    .map(Number)
    .flatMap((payloadType) => {
      const rtpmap = media.rtp.find(({ payload }) => payload === payloadType);
      if (!rtpmap?.rate) return [];
      return {
        mimeType: `${media.type}/${rtpmap.codec}`,
        payloadType,
        clockRate: rtpmap.rate,
        ...(media.type === 'audio' && { channels: Number(rtpmap.encoding ?? 1) }),
        parameters: parseFmtp(media.fmtp.find(({ payload }) => payload === payloadType)?.config),
        rtcpFeedback: parseFeedback(media, payloadType),
      };
    });
}

/** `minptime=10;useinbandfec=1` by name. Parts without a name, such as telephone-event's `0-15`, are left out. */
function parseFmtp(config = ''): RtpCodecSpecificParameters {
  const entries = String(config)
    .split(';')
    .flatMap((part): [string, string | number][] => {
      const [, name, value] = /^\s*([^=]+)=(.*)$/.exec(part) ?? [];
      return name === undefined || value === undefined ? [] : [[name, fmtpValue(name, value.trim())]];
    });
  return Object.fromEntries(entries);
}

/** profile-level-id is hexadecimal, even where it has decimal digits only (RFC 6184, 8.1). */
function fmtpValue(name: string, value: string): string | number {
  const isNumber = name !== 'profile-level-id' && String(Number(value)) === value;
  return isNumber ? Number(value) : value;
}

/** RFC 4585, 4.2: `*` is every payload type. */
function parseFeedback({ rtcpFb = [] }: Media, payloadType: number): RtcpFeedback[] {
  return rtcpFb
    .filter(({ payload }) => payload === '*' || Number(payload) === payloadType)
    .map(({ type, subtype = '' }) => ({ type, parameter: String(subtype) }));
}

function parseExtension(ext: NonNullable<Media['ext']>[number]): ExtensionMap {
  return {
    uri: ext.uri,
    id: ext.value,
    direction: (ext.direction as Direction | undefined) ?? 'sendrecv',
    encrypt: ext['encrypt-uri'] !== undefined,
  };
}

function parseSsrcs({ ssrcs = [] }: Media): MediaSection['ssrcs'] {
  return ssrcs
    .filter(({ attribute }) => attribute === 'cname')
    .map(({ id, value }) => ({ ssrc: Number(id), cname: String(value ?? '') }));
}

/** RFC 8853, 5.1: `~` marks a stream as paused, `,` separates alternatives. */
function parseSimulcastList(list: string): string[] {
  return String(list)
    .split(';')
    .map((alternatives) => (alternatives.split(',')[0] ?? '').replace(/^~/, ''));
}

function parseCandidate(candidate: NonNullable<Media['candidates']>[number]): Candidate {
  return {
    foundation: String(candidate.foundation),
    priority: Number(candidate.priority),
    address: candidate.ip,
    protocol: candidate.transport.toLowerCase() as Candidate['protocol'],
    port: candidate.port,
    type: candidate.type,
    ...(candidate.tcptype && { tcpType: candidate.tcptype }),
  };
}

function parseFingerprint({ type, hash }: { type: string; hash: string }): DtlsFingerprint {
  return { algorithm: type.toLowerCase() as DtlsFingerprint['algorithm'], value: hash.toUpperCase() };
}

/** The library turns a lone number into a number. */
function words(value: string | number | undefined): string[] {
  return String(value ?? '')
    .split(/\s+/)
    .filter((word) => word !== '');
}
