import * as sdp from 'sdp-transform';
import type { RtpCodecParameters } from '../rtp/rtp-parameters.js';
import type { Candidate, Description, ExtensionMap, MediaSection } from './description.js';

type Session = Parameters<typeof sdp.write>[0];
type Media = Session['media'][number];

/** The text of a description, as `setRemoteDescription()` takes it. */
export function writeDescription(description: Description): string {
  return sdp.write({
    version: 0,
    origin: {
      username: '-',
      sessionId: description.sessionId,
      sessionVersion: description.sessionVersion,
      netType: 'IN',
      ipVer: 4,
      address: '0.0.0.0',
    },
    name: '-',
    timing: { start: 0, stop: 0 },
    ...(description.iceLite && { icelite: 'ice-lite' as const }),
    ...(description.extmapAllowMixed && { extmapAllowMixed: 'extmap-allow-mixed' as const }),
    groups: [{ type: 'BUNDLE', mids: description.bundle.join(' ') }],
    media: description.sections.map(writeSection),
  });
}

function writeSection(section: MediaSection): Media {
  return {
    ...writeMediaLine(section),
    ...writeTransport(section),
    ...(section.kind === 'application' ? writeData(section) : writeRtp(section)),
  };
}

function writeMediaLine({ kind, mid, port, bundleOnly, protocol, codecs }: MediaSection) {
  const formats = codecs.map(({ payloadType }) => payloadType);
  return {
    type: kind,
    port,
    protocol,
    payloads: kind === 'application' ? 'webrtc-datachannel' : formats.join(' '),
    connection: { version: 4, ip: '0.0.0.0' },
    ...(bundleOnly && { bundleOnly: 'bundle-only' as const }),
    mid,
  };
}

function writeTransport({ ice, iceOptions, candidates, fingerprint, setup }: MediaSection) {
  return {
    ...(ice && { iceUfrag: ice.usernameFragment, icePwd: ice.password }),
    ...(iceOptions.length > 0 && { iceOptions: iceOptions.join(' ') }),
    ...(candidates.length > 0 && {
      candidates: candidates.map(writeCandidate),
      endOfCandidates: 'end-of-candidates' as const,
    }),
    ...(fingerprint && { fingerprint: { type: fingerprint.algorithm, hash: fingerprint.value } }),
    ...(setup && { setup }),
  };
}

function writeData({ sctp }: MediaSection) {
  return { rtp: [], fmtp: [], ...(sctp && { sctpPort: sctp.port, maxMessageSize: sctp.maxMessageSize }) };
}

function writeRtp(section: MediaSection) {
  const { codecs, msid, rids, simulcast, ssrcGroups } = section;
  return {
    direction: section.direction,
    rtp: codecs.map(writeRtpmap),
    fmtp: codecs.flatMap(writeFmtp),
    rtcpFb: codecs.flatMap(writeFeedback),
    ext: section.headerExtensions.map(writeExtension),
    ...(msid && { msid: [{ id: msid.streamId, appdata: msid.trackId }] }),
    rids,
    ...(simulcast && { simulcast: { dir1: simulcast.direction, list1: simulcast.rids.join(';') } }),
    ssrcs: section.ssrcs.map(({ ssrc, cname }) => ({ id: ssrc, attribute: 'cname', value: cname })),
    ssrcGroups: ssrcGroups.map(({ semantics, ssrcs }) => ({ semantics, ssrcs: ssrcs.join(' ') })),
    ...(section.rtcpMux && { rtcpMux: 'rtcp-mux' as const }),
    ...(section.rtcpReducedSize && { rtcpRsize: 'rtcp-rsize' as const }),
  };
}

function writeRtpmap({ mimeType, payloadType, clockRate, channels = 1 }: RtpCodecParameters) {
  return {
    payload: payloadType,
    codec: mimeType.slice(mimeType.indexOf('/') + 1),
    rate: clockRate,
    ...(channels > 1 && { encoding: channels }),
  };
}

function writeFmtp({ payloadType, parameters = {} }: RtpCodecParameters) {
  const entries = Object.entries(parameters);
  if (entries.length === 0) return [];
  return [{ payload: payloadType, config: entries.map(([name, value]) => `${name}=${value}`).join(';') }];
}

function writeFeedback({ payloadType, rtcpFeedback = [] }: RtpCodecParameters) {
  return rtcpFeedback.map(({ type, parameter }) => ({
    payload: payloadType,
    type,
    ...(parameter && { subtype: parameter }),
  }));
}

function writeExtension({ uri, id, direction, encrypt }: ExtensionMap) {
  return {
    value: id,
    uri,
    ...(direction !== 'sendrecv' && { direction }),
    ...(encrypt && { 'encrypt-uri': 'urn:ietf:params:rtp-hdrext:encrypt' }),
  };
}

function writeCandidate({ foundation, priority, address, protocol, port, type, tcpType }: Candidate) {
  return {
    foundation,
    component: 1,
    transport: protocol,
    priority,
    ip: address,
    port,
    type,
    ...(tcpType && { tcptype: tcpType }),
  };
}
