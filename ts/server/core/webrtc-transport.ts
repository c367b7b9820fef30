import { randomUUID } from 'node:crypto';
import type {
  IceParameters as ChannelIceParameters,
  DtlsState,
  IceDisconnectReason,
  IceState,
  WebRtcTransportCreated,
} from '../../shared/channel/messages.gen.js';
import { UnsupportedError } from '../../shared/errors.js';
import { asBoolean, asInteger, asList, asObject, asOneOf, asString } from '../../shared/rtp/fields.js';
import type {
  DtlsFingerprint,
  DtlsParameters,
  IceCandidate,
  IceParameters,
} from '../../shared/transport-parameters.js';
import type { EventBody } from './channel.js';
import { type AppData, asAppData } from './entity.js';
import {
  readListenInfos,
  readListenIps,
  type TransportListenInfo,
  type TransportListenIp,
} from './listen-info.js';
import type { Scope } from './scope.js';
import type { Sockets } from './sockets.js';
import { type TransportTuple, toTransportTuple } from './stats.js';
import {
  type BaseTransportDump,
  type BaseTransportStats,
  type RouterLink,
  Transport,
  type TransportEvents,
  type TransportObserverEvents,
} from './transport.js';

export type { DtlsState, IceDisconnectReason, IceState };

export type WebRtcTransportOptions<A extends AppData = AppData> = {
  /** Where to listen. This or `listenIps` is required. */
  listenInfos?: TransportListenInfo[];
  /** The old form. */
  listenIps?: (TransportListenIp | string)[];
  /** With `listenIps`. Default: one of the worker's range. */
  port?: number;
  /** Default true. */
  enableUdp?: boolean;
  /** Default false. */
  enableTcp?: boolean;
  /** Give UDP candidates the higher priority. Default false: the order of the listen infos counts. */
  preferUdp?: boolean;
  preferTcp?: boolean;
  /** Seconds without a sign of the client until 'disconnected' (RFC 7675): 10 to 60, or 0 for never. Default 30. */
  iceConsentTimeout?: number;
  /** Bits per second. Default 600000. */
  initialAvailableOutgoingBitrate?: number;
  appData?: A;
};

export type WebRtcTransportStat = BaseTransportStats & {
  type: 'webrtc-transport';
  iceRole: 'controlled';
  iceState: IceState;
  iceSelectedTuple?: TransportTuple;
  dtlsState: DtlsState;
};

export type WebRtcTransportDump = BaseTransportDump & {
  iceRole: 'controlled';
  iceParameters: IceParameters;
  iceCandidates: IceCandidate[];
  iceState: IceState;
  iceSelectedTuple?: TransportTuple;
  dtlsParameters: DtlsParameters;
  dtlsState: DtlsState;
  dtlsRemoteCert?: string;
  /** The negotiated one, or ''. */
  srtpProfile: string;
};

type WebRtcEvents = {
  /** With 'disconnected': why. */
  icestatechange: [state: IceState, reason?: IceDisconnectReason];
  iceselectedtuplechange: [tuple: TransportTuple | undefined];
  /** With 'failed' and 'closed': why. */
  dtlsstatechange: [state: DtlsState, reason?: string];
};

export type WebRtcTransportEvents = TransportEvents & WebRtcEvents;
export type WebRtcTransportObserverEvents = TransportObserverEvents & WebRtcEvents;

const ALGORITHMS = ['sha-1', 'sha-224', 'sha-256', 'sha-384', 'sha-512'] as const;
const MAX_FINGERPRINTS = 16;
/** SHA-512 as hexadecimal pairs with colons. */
const MAX_FINGERPRINT = 64 * 3 - 1;
const MIN_CONSENT_TIMEOUT = 10;
const MAX_CONSENT_TIMEOUT = 60;
const MAX_UINT32 = 0xffffffff;

/** Makes what `router.createWebRtcTransport()` promises. */
export async function createWebRtcTransport<A extends AppData>(
  router: RouterLink,
  sockets: Sockets,
  options: WebRtcTransportOptions<A>,
): Promise<WebRtcTransport<A>> {
  const { listenInfos, appData, ...settings } = readOptions(options);
  const scope = router.scope.child('transport', randomUUID());
  const created = await scope.making(async (control, transport) => {
    router.scope.requireOpen();
    const { addresses, release } = await sockets.use(listenInfos);
    scope.atEnd(release);
    return control.createWebRtcTransport({
      router: router.scope.handle,
      transport,
      addresses,
      ...settings,
    });
  });
  return new WebRtcTransport<A>(scope, router, created, appData);
}

/** A way to one browser, or whatever speaks WebRTC: ICE, of which this is the lite side, DTLS and SRTP. */
export class WebRtcTransport<A extends AppData = AppData> extends Transport<
  A,
  WebRtcTransportEvents,
  WebRtcTransportObserverEvents
> {
  #iceParameters: IceParameters;
  readonly #iceCandidates: IceCandidate[];
  #iceState: IceState = 'new';
  #iceSelectedTuple?: TransportTuple;
  readonly #dtlsParameters: DtlsParameters;
  #dtlsState: DtlsState = 'new';
  #dtlsRemoteCert?: string;

  /** Made by `router.createWebRtcTransport()`. */
  constructor(scope: Scope, router: RouterLink, created: WebRtcTransportCreated, appData: A) {
    super(scope, router, appData);
    this.#iceParameters = toIceParameters(created.iceParameters);
    this.#iceCandidates = created.iceCandidates.map((candidate) => ({ ...candidate, ip: candidate.address }));
    this.#dtlsParameters = { role: 'auto', fingerprints: created.fingerprints as DtlsFingerprint[] };
    scope.listen((event) => this.#onEvent(event));
  }

  override get type(): 'webrtc' {
    return 'webrtc';
  }

  get iceRole(): 'controlled' {
    return 'controlled';
  }

  get iceParameters(): IceParameters {
    return structuredClone(this.#iceParameters);
  }

  get iceCandidates(): IceCandidate[] {
    return structuredClone(this.#iceCandidates);
  }

  get iceState(): IceState {
    return this.#iceState;
  }

  get iceSelectedTuple(): TransportTuple | undefined {
    return structuredClone(this.#iceSelectedTuple);
  }

  /** With role 'auto' until `connect`, then with that of this side. */
  get dtlsParameters(): DtlsParameters {
    return structuredClone(this.#dtlsParameters);
  }

  get dtlsState(): DtlsState {
    return this.#dtlsState;
  }

  /** The endpoint's certificate as PEM, once connected. */
  get dtlsRemoteCert(): string | undefined {
    return this.#dtlsRemoteCert;
  }

  /**
   * Lets the endpoint with these DTLS parameters in. Once only.
   *
   * @throws TypeError
   */
  async connect({ dtlsParameters }: { dtlsParameters: DtlsParameters }): Promise<void> {
    const { localRole } = await this.scope.control.connectWebRtcTransport({
      transport: this.scope.handle,
      ...readDtlsParameters(dtlsParameters),
    });
    this.#dtlsParameters.role = localRole;
  }

  /** New credentials for the client's restart (RFC 8445, 2.4). The old ones hold until it uses these. */
  async restartIce(): Promise<IceParameters> {
    this.#iceParameters = toIceParameters(
      await this.scope.control.restartIce({ transport: this.scope.handle }),
    );
    return this.iceParameters;
  }

  async getStats(): Promise<WebRtcTransportStat[]> {
    const stats = await this.scope.control.getTransportStats({ transport: this.scope.handle });
    const iceSelectedTuple = toTransportTuple(stats.iceSelectedTuple);
    return [
      {
        type: 'webrtc-transport',
        ...this.baseStats(stats),
        iceRole: 'controlled',
        iceState: stats.iceState,
        ...(iceSelectedTuple && { iceSelectedTuple }),
        dtlsState: stats.dtlsState,
      },
    ];
  }

  async dump(): Promise<WebRtcTransportDump> {
    const dump = await this.scope.control.dumpTransport({ transport: this.scope.handle });
    const iceSelectedTuple = toTransportTuple(dump.iceSelectedTuple);
    return {
      ...this.baseDump(dump),
      iceRole: 'controlled',
      iceParameters: this.iceParameters,
      iceCandidates: this.iceCandidates,
      iceState: dump.iceState,
      ...(iceSelectedTuple && { iceSelectedTuple }),
      dtlsParameters: this.dtlsParameters,
      dtlsState: dump.dtlsState,
      ...(this.#dtlsRemoteCert !== undefined && { dtlsRemoteCert: this.#dtlsRemoteCert }),
      srtpProfile: dump.srtpProfile,
    };
  }

  protected override finish(event?: string, error?: Error): void {
    if (this.closed) return;
    this.#iceState = 'closed';
    this.#iceSelectedTuple = undefined;
    this.#dtlsState = 'closed';
    super.finish(event, error);
  }

  #onEvent(event: EventBody): void {
    switch (event.type) {
      case 'iceStateChange':
        this.#iceState = event.state;
        this.#tell('icestatechange', event.state, ...(event.reason === 'none' ? [] : [event.reason]));
        break;
      case 'iceSelectedTupleChange':
        this.#iceSelectedTuple = toTransportTuple(event.tuple);
        this.#tell('iceselectedtuplechange', this.iceSelectedTuple);
        break;
      case 'dtlsStateChange':
        this.#dtlsState = event.state;
        this.#dtlsRemoteCert = event.remoteCert ?? this.#dtlsRemoteCert;
        this.#tell('dtlsstatechange', event.state, ...(event.reason ? [event.reason] : []));
    }
  }

  #tell<K extends keyof WebRtcEvents>(event: K, ...args: WebRtcEvents[K]): void {
    this.safeEmit(event, ...(args as WebRtcTransportEvents[K]));
    this.observer.safeEmit(event, ...(args as WebRtcTransportObserverEvents[K]));
  }
}

function readOptions<A extends AppData>(given: WebRtcTransportOptions<A>) {
  const options = asObject(given, 'options');
  if (options.enableSctp === true) {
    throw new UnsupportedError('enableSctp: this version has no data channels');
  }
  return {
    listenInfos: wantedListenInfos(options),
    preferUdp: asBoolean(options.preferUdp ?? false, 'preferUdp'),
    preferTcp: asBoolean(options.preferTcp ?? false, 'preferTcp'),
    iceConsentTimeout: asConsentTimeout(options.iceConsentTimeout ?? 30),
    initialAvailableOutgoingBitrate: asInteger(
      options.initialAvailableOutgoingBitrate ?? 600_000,
      'initialAvailableOutgoingBitrate',
      0,
      MAX_UINT32,
    ),
    appData: asAppData<A>(options.appData),
  };
}

/** What is asked for, over UDP. Nothing but TCP is an UnsupportedError. */
function wantedListenInfos(options: Record<string, unknown>): TransportListenInfo[] {
  const { listenInfos, listenIps, port } = options;
  if ((listenInfos === undefined) === (listenIps === undefined)) {
    throw new TypeError('options must have either listenInfos or listenIps');
  }
  const udp = asBoolean(options.enableUdp ?? true, 'enableUdp');
  const tcp = asBoolean(options.enableTcp ?? false, 'enableTcp');
  const all =
    listenInfos === undefined ? readListenIps(listenIps, port, ['udp', 'tcp']) : readListenInfos(listenInfos);
  const wanted = all.filter(({ protocol }) => protocol === 'udp' && udp);
  if (wanted.length > 0) return wanted;
  if (!udp && !tcp) throw new TypeError('enableUdp and enableTcp must not both be false');
  throw new UnsupportedError('listenInfos: this version listens on UDP only, and they ask for TCP alone');
}

function asConsentTimeout(value: unknown): number {
  const seconds = asInteger(value, 'iceConsentTimeout', 0, MAX_UINT32);
  return seconds === 0 ? 0 : Math.min(Math.max(seconds, MIN_CONSENT_TIMEOUT), MAX_CONSENT_TIMEOUT);
}

function readDtlsParameters(value: unknown) {
  const { role, fingerprints } = asObject(value, 'dtlsParameters');
  const name = 'dtlsParameters.fingerprints';
  const read = asList(fingerprints, name, MAX_FINGERPRINTS, readFingerprint);
  if (read.length === 0) throw new TypeError(`${name} must not be empty`);
  return {
    role: asOneOf(role ?? 'auto', 'dtlsParameters.role', ['auto', 'client', 'server']),
    fingerprints: read,
  };
}

function readFingerprint(value: unknown, name: string): DtlsFingerprint {
  const fingerprint = asObject(value, name);
  return {
    algorithm: asOneOf(fingerprint.algorithm, `${name}.algorithm`, ALGORITHMS),
    value: asString(fingerprint.value, `${name}.value`, MAX_FINGERPRINT),
  };
}

function toIceParameters(parameters?: ChannelIceParameters): IceParameters {
  if (!parameters) throw new Error('the worker gave no ICE parameters');
  return { ...parameters };
}
