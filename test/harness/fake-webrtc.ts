/**
 * A browser's WebRTC without media: transceivers, m-sections and states as JSEP (RFC 8829) has them, for tests of the
 * client's logic.
 */
import type { Encoding } from '../../ts/client/encodings.js';
import type { RtpCodecParameters } from '../../ts/shared/rtp/rtp-parameters.js';
import { type Direction, isRejected, type MediaSection } from '../../ts/shared/sdp/description.js';
import { parseDescription } from '../../ts/shared/sdp/parse.js';
import { writeDescription } from '../../ts/shared/sdp/write.js';

export class FakeTrack extends EventTarget {
  enabled = true;
  readyState: 'live' | 'ended' = 'live';
  contentHint = '';

  constructor(
    readonly kind: 'audio' | 'video',
    readonly settings: MediaTrackSettings = {},
  ) {
    super();
  }

  getSettings(): MediaTrackSettings {
    return this.settings;
  }

  clone(): FakeTrack {
    const { enabled, readyState, contentHint } = this;
    return Object.assign(new FakeTrack(this.kind, this.settings), { enabled, readyState, contentHint });
  }

  stop(): void {
    this.readyState = 'ended';
  }

  /** As if it were unplugged. */
  unplug(): void {
    this.stop();
    this.dispatchEvent(new Event('ended'));
  }
}

class FakeTransceiver {
  mid: string | null = null;
  stopped = false;
  encodings: RTCRtpEncodingParameters[];
  readonly sender: {
    track: FakeTrack | null;
    replaceTrack(track: FakeTrack | null): Promise<void>;
    getParameters(): { encodings: RTCRtpEncodingParameters[] };
    setParameters(parameters: { encodings: RTCRtpEncodingParameters[] }): Promise<void>;
  };
  readonly receiver: { track: FakeTrack };

  constructor(
    readonly kind: 'audio' | 'video',
    track: FakeTrack | null,
    public direction: Direction,
    sendEncodings: RTCRtpEncodingParameters[],
  ) {
    const encodings = sendEncodings.length > 0 ? sendEncodings : [{}];
    this.encodings = encodings.map((encoding) => ({ active: true, ...encoding }));
    this.receiver = { track: new FakeTrack(kind) };
    const sender = {
      track,
      replaceTrack: async (next: FakeTrack | null) => {
        sender.track = next;
      },
      getParameters: () => ({ encodings: structuredClone(this.encodings) }),
      setParameters: async (parameters: { encodings: RTCRtpEncodingParameters[] }) => {
        this.encodings = parameters.encodings;
      },
    };
    this.sender = sender;
  }

  stop(): void {
    this.stopped = true;
  }
}

const CODECS: Record<'audio' | 'video', RtpCodecParameters[]> = {
  audio: [{ mimeType: 'audio/opus', payloadType: 111, clockRate: 48000, channels: 2 }],
  video: [
    { mimeType: 'video/VP8', payloadType: 96, clockRate: 90000 },
    { mimeType: 'video/rtx', payloadType: 97, clockRate: 90000, parameters: { apt: 96 } },
  ],
};
const MID = 'urn:ietf:params:rtp-hdrext:sdes:mid';
const DEPENDENCY_DESCRIPTOR =
  'https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension';

/** Open from when both ends' SCTP is: a test says so by `connection.openChannels()`. */
export class FakeDataChannel extends EventTarget {
  readyState: RTCDataChannelState = 'connecting';
  binaryType = 'blob';
  bufferedAmount = 0;
  bufferedAmountLowThreshold = 0;
  readonly sent: unknown[] = [];

  constructor(
    readonly id: number,
    readonly options: RTCDataChannelInit,
  ) {
    super();
  }

  get ordered(): boolean {
    return this.options.ordered ?? true;
  }

  send(data: unknown): void {
    if (this.readyState !== 'open') throw new Error('InvalidStateError');
    this.sent.push(data);
  }

  open(): void {
    if (this.readyState !== 'connecting') return;
    this.readyState = 'open';
    this.dispatchEvent(new Event('open'));
  }

  receive(data: string | Uint8Array<ArrayBuffer>): void {
    const payload = typeof data === 'string' ? data : data.buffer;
    this.dispatchEvent(new MessageEvent('message', { data: payload }));
  }

  /** All but so many bytes are on their way. */
  drain(bytes = 0): void {
    this.bufferedAmount = bytes;
    this.dispatchEvent(new Event('bufferedamountlow'));
  }

  /** As both ends agree in the end. */
  close(): void {
    if (this.readyState === 'closed' || this.readyState === 'closing') return;
    this.readyState = 'closing';
    setImmediate(() => {
      this.readyState = 'closed';
      this.dispatchEvent(new Event('close'));
    });
  }
}

export class FakePeerConnection extends EventTarget {
  /** In order of creation; a test empties it. */
  static readonly all: FakePeerConnection[] = [];
  /** 'offer' and 'answer' for each description of ours, 'remote offer' and 'remote answer' for each of theirs. */
  readonly log: string[] = [];
  connectionState: RTCPeerConnectionState = 'new';
  signalingState = 'stable';
  localDescription: { type: string; sdp: string } | null = null;
  remoteDescription: { type: string; sdp: string } | null = null;
  /** What the next `setRemoteDescription()` throws. */
  failure?: Error;
  readonly channels: FakeDataChannel[] = [];
  /** Of the m-section of data, in whose place there is no transceiver. */
  #dataMid: string | undefined;
  /** By m-section; what is stopped stays until the section has another. */
  #sections: (FakeTransceiver | undefined)[] = [];
  #transceivers: FakeTransceiver[] = [];
  #lastMid = -1;
  #restarts = 0;

  constructor() {
    super();
    FakePeerConnection.all.push(this);
  }

  addTransceiver(
    trackOrKind: FakeTrack | 'audio' | 'video',
    { direction = 'sendrecv', sendEncodings = [] }: RTCRtpTransceiverInit = {},
  ): FakeTransceiver {
    const track = typeof trackOrKind === 'string' ? null : trackOrKind;
    const kind = typeof trackOrKind === 'string' ? trackOrKind : trackOrKind.kind;
    const transceiver = new FakeTransceiver(kind, track, direction as Direction, sendEncodings);
    this.#transceivers.push(transceiver);
    return transceiver;
  }

  createDataChannel(_label: string, options: RTCDataChannelInit): FakeDataChannel {
    const { id } = options as { id: number };
    if (this.channels.some((channel) => channel.id === id && channel.readyState !== 'closed')) {
      throw new Error('OperationError: the id is taken');
    }
    const channel = new FakeDataChannel(id, options);
    this.channels.push(channel);
    if (this.connectionState === 'connected') setImmediate(() => channel.open());
    return channel;
  }

  /** DTLS and SCTP are connected. */
  openChannels(): void {
    this.connectionState = 'connected';
    for (const channel of this.channels) channel.open();
  }

  getTransceivers(): FakeTransceiver[] {
    return this.#transceivers;
  }

  async createOffer(): Promise<{ sdp: string }> {
    const sections = this.#transceivers.map((transceiver, index) => section(transceiver, String(index), 0));
    return { sdp: this.#describe(sections) };
  }

  async setLocalDescription(): Promise<void> {
    const type = this.signalingState === 'stable' ? 'offer' : 'answer';
    if (type === 'offer') this.#assignSections();
    const sections = this.#sections.map((transceiver) =>
      transceiver
        ? section(transceiver, transceiver.mid!, this.#restarts)
        : dataSection(this.#dataMid!, this.#restarts),
    );
    const setup = type === 'offer' ? ('actpass' as const) : ('active' as const);
    this.localDescription = { type, sdp: this.#describe(sections.map((each) => ({ ...each, setup }))) };
    this.signalingState = type === 'offer' ? 'have-local-offer' : 'stable';
    this.log.push(type);
  }

  async setRemoteDescription(description: { type: string; sdp: string }): Promise<void> {
    const { failure } = this;
    if (failure) throw failure;
    if (description.type === 'offer') this.#accept(description.sdp);
    this.remoteDescription = description;
    this.signalingState = description.type === 'offer' ? 'have-remote-offer' : 'stable';
    this.#transceivers = this.#transceivers.filter(({ stopped }) => !stopped);
    this.log.push(`remote ${description.type}`);
  }

  restartIce(): void {
    this.#restarts += 1;
  }

  async getStats(): Promise<Map<string, unknown>> {
    return new Map();
  }

  close(): void {
    for (const channel of this.channels) channel.close();
    this.connectionState = 'closed';
    this.signalingState = 'closed';
  }

  become(state: RTCPeerConnectionState): void {
    this.connectionState = state;
    this.dispatchEvent(new Event('connectionstatechange'));
  }

  /** The m-lines of media of a description, as 'mid direction', or 'mid rejected'. */
  static sectionsOf(description: { sdp: string } | null): string[] {
    return parseDescription(description!.sdp)
      .sections.filter(({ kind }) => kind !== 'application')
      .map((each) => (isRejected(each) ? `${each.mid} rejected` : `${each.mid} ${each.direction}`));
  }

  /** RFC 8829, 5.2.2: a new transceiver takes the m-section of a stopped one, under a new mid. */
  #assignSections(): void {
    for (const transceiver of this.#transceivers) {
      if (transceiver.mid !== null || transceiver.stopped) continue;
      this.#lastMid += 1;
      transceiver.mid = String(this.#lastMid);
      const free = this.#sections.findIndex((other) => other?.stopped && !this.#transceivers.includes(other));
      if (free < 0) this.#sections.push(transceiver);
      else this.#sections[free] = transceiver;
    }
    if (this.#dataMid !== undefined || this.channels.length === 0) return;
    this.#lastMid += 1;
    this.#dataMid = String(this.#lastMid);
    this.#sections.push(undefined);
  }

  #accept(offer: string): void {
    for (const [index, offered] of parseDescription(offer).sections.entries()) {
      const known = this.#sections[index];
      if (offered.kind === 'application') {
        this.#dataMid = offered.mid;
        this.#sections[index] = undefined;
      } else if (isRejected(offered)) known?.stop();
      else if (known?.mid !== offered.mid) this.#sections[index] = this.#adopt(offered);
    }
  }

  #adopt({ kind, mid }: MediaSection): FakeTransceiver {
    const transceiver = this.addTransceiver(kind as 'audio' | 'video', { direction: 'recvonly' });
    transceiver.mid = mid;
    return transceiver;
  }

  #describe(sections: MediaSection[]): string {
    const bundle = sections.filter((each) => !isRejected(each)).map(({ mid }) => mid);
    return writeDescription({
      sessionId: '1',
      sessionVersion: this.log.length,
      iceLite: false,
      extmapAllowMixed: true,
      bundle,
      sections,
    });
  }
}

function dataSection(mid: string, restarts: number): MediaSection {
  return {
    ...transportOf(restarts),
    kind: 'application',
    mid,
    port: 9,
    bundleOnly: false,
    protocol: 'UDP/DTLS/SCTP',
    direction: 'sendrecv',
    codecs: [],
    headerExtensions: [],
    ssrcs: [],
    ssrcGroups: [],
    rids: [],
    rtcpMux: false,
    rtcpReducedSize: false,
    sctp: { port: 5000, maxMessageSize: 262_144 },
  };
}

function transportOf(restarts: number) {
  return {
    ice: { usernameFragment: `ufrag${restarts}`, password: 'password0password0pass' },
    iceOptions: [],
    candidates: [],
    fingerprint: { algorithm: 'sha-256' as const, value: 'AA:BB' },
    setup: 'actpass' as const,
  };
}

function section(transceiver: FakeTransceiver, mid: string, restarts: number): MediaSection {
  const { kind, direction, stopped, encodings } = transceiver;
  const rids = encodings.flatMap(({ rid }) => rid ?? []);
  const sends = direction.startsWith('send') && !stopped;
  return {
    kind,
    mid,
    port: stopped ? 0 : 9,
    bundleOnly: false,
    protocol: 'UDP/TLS/RTP/SAVPF',
    direction: stopped ? 'inactive' : direction,
    codecs: CODECS[kind],
    headerExtensions: extensionsOf(encodings),
    ssrcs: sends && rids.length === 0 ? [{ ssrc: 1000 + Number(mid), cname: 'me' }] : [],
    ssrcGroups: [],
    rids: sends ? rids.map((id) => ({ id, direction: 'send' })) : [],
    ...(sends && rids.length > 0 && { simulcast: { direction: 'send' as const, rids } }),
    ...transportOf(restarts),
    rtcpMux: true,
    rtcpReducedSize: true,
  };
}

/** Chromium offers dependency descriptors only to those who ask for layers. */
function extensionsOf(encodings: Encoding[]): MediaSection['headerExtensions'] {
  const isLayered = encodings.some(({ scalabilityMode = 'L1T1' }) => scalabilityMode !== 'L1T1');
  const uris = isLayered ? [MID, DEPENDENCY_DESCRIPTOR] : [MID];
  return uris.map((uri, index) => ({ uri, id: index + 1, direction: 'sendrecv', encrypt: false }));
}

/** Until the returned function is called, this process is a browser. */
export function installWebRtc(): () => void {
  FakePeerConnection.all.length = 0;
  const globals = {
    RTCPeerConnection: FakePeerConnection,
    RTCRtpTransceiver: FakeTransceiver,
    MediaStream: class {
      constructor(readonly tracks: unknown[] = []) {}
    },
    MediaStreamTrack: FakeTrack,
    reportError: (error: unknown) => {
      throw error;
    },
  };
  Object.assign(globalThis, globals);
  return () => {
    for (const name of Object.keys(globals)) Reflect.deleteProperty(globalThis, name);
  };
}
