/**
 * A browser's WebRTC without media: transceivers, m-sections and states as JSEP (RFC 8829) has them, for tests of the
 * client's logic.
 */
import type { RtpCodecParameters } from '../../ts/shared/rtp/rtp-parameters.js';
import { type Direction, isRejected, type MediaSection } from '../../ts/shared/sdp/description.js';
import { parseDescription } from '../../ts/shared/sdp/parse.js';
import { writeDescription } from '../../ts/shared/sdp/write.js';

export class FakeTrack extends EventTarget {
  enabled = true;
  readyState: 'live' | 'ended' = 'live';

  constructor(readonly kind: 'audio' | 'video') {
    super();
  }

  clone(): FakeTrack {
    return Object.assign(new FakeTrack(this.kind), { enabled: this.enabled, readyState: this.readyState });
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
  readonly encodings: { rid?: string }[];
  readonly sender: {
    track: FakeTrack | null;
    replaceTrack(track: FakeTrack | null): Promise<void>;
    getParameters(): { encodings: unknown[] };
  };
  readonly receiver: { track: FakeTrack };

  constructor(
    readonly kind: 'audio' | 'video',
    track: FakeTrack | null,
    public direction: Direction,
    sendEncodings: { rid?: string }[],
  ) {
    this.encodings = sendEncodings;
    this.receiver = { track: new FakeTrack(kind) };
    const sender = {
      track,
      replaceTrack: async (next: FakeTrack | null) => {
        sender.track = next;
      },
      getParameters: () => ({ encodings: this.encodings }),
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
  /** By m-section; what is stopped stays until the section has another. */
  #sections: FakeTransceiver[] = [];
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
      section(transceiver, transceiver.mid!, this.#restarts),
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
    this.connectionState = 'closed';
    this.signalingState = 'closed';
  }

  become(state: RTCPeerConnectionState): void {
    this.connectionState = state;
    this.dispatchEvent(new Event('connectionstatechange'));
  }

  /** The m-lines of a description, as 'mid direction', or 'mid rejected'. */
  static sectionsOf(description: { sdp: string } | null): string[] {
    return parseDescription(description!.sdp).sections.map((each) =>
      isRejected(each) ? `${each.mid} rejected` : `${each.mid} ${each.direction}`,
    );
  }

  /** RFC 8829, 5.2.2: a new transceiver takes the m-section of a stopped one, under a new mid. */
  #assignSections(): void {
    for (const transceiver of this.#transceivers) {
      if (transceiver.mid !== null || transceiver.stopped) continue;
      this.#lastMid += 1;
      transceiver.mid = String(this.#lastMid);
      const free = this.#sections.findIndex((other) => other.stopped && !this.#transceivers.includes(other));
      if (free < 0) this.#sections.push(transceiver);
      else this.#sections[free] = transceiver;
    }
  }

  #accept(offer: string): void {
    for (const [index, offered] of parseDescription(offer).sections.entries()) {
      const known = this.#sections[index];
      if (isRejected(offered)) known?.stop();
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
    headerExtensions: [{ uri: MID, id: 1, direction: 'sendrecv', encrypt: false }],
    ssrcs: sends && rids.length === 0 ? [{ ssrc: 1000 + Number(mid), cname: 'me' }] : [],
    ssrcGroups: [],
    rids: sends ? rids.map((id) => ({ id, direction: 'send' })) : [],
    ...(sends && rids.length > 0 && { simulcast: { direction: 'send' as const, rids } }),
    ice: { usernameFragment: `ufrag${restarts}`, password: 'password0password0pass' },
    iceOptions: [],
    candidates: [],
    fingerprint: { algorithm: 'sha-256', value: 'AA:BB' },
    setup: 'actpass',
    rtcpMux: true,
    rtcpReducedSize: true,
  };
}

/** Until the returned function is called, this process is a browser. */
export function installWebRtc(): () => void {
  FakePeerConnection.all.length = 0;
  const globals = {
    RTCPeerConnection: FakePeerConnection,
    RTCRtpTransceiver: FakeTransceiver,
    MediaStream: class {},
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
