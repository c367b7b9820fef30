import { randomUUID } from 'node:crypto';
import type {
  IceCandidate as ChannelIceCandidate,
  IceParameters as ChannelIceParameters,
  DtlsState,
  IceDisconnectReason,
  IceState,
  ListenAddress,
  TransportStats,
  WebRtcTransportCreated,
} from '../../shared/channel/messages.gen.js';
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
  type TransportProtocol,
} from './listen-info.js';
import type { Scope } from './scope.js';
import {
  readSctpOptions,
  type SctpOptions,
  type SctpSettings,
  SctpTransport,
  type SctpTransportEvents,
  type SctpTransportObserverEvents,
} from './sctp.js';
import type { Sockets } from './sockets.js';
import { type TransportTuple, toTransportTuple } from './stats.js';
import type { BaseTransportDump, BaseTransportStats, RouterLink } from './transport.js';
import { type ListenServer, listenServerOf, type WebRtcServer } from './webrtc-server.js';

export type { DtlsState, IceDisconnectReason, IceState };

export type IceRole = 'controlled' | 'controlling';

export type WebRtcTransportOptions<A extends AppData = AppData> = SctpOptions & {
  /** Listen where this server of the same worker does. Exactly one of this, `listenInfos` and `listenIps` is required. */
  webRtcServer?: WebRtcServer;
  /** Where to listen. Each says its protocol; `false` of the two options below leaves out those of that protocol. */
  listenInfos?: TransportListenInfo[];
  /** The old form. */
  listenIps?: (TransportListenIp | string)[];
  /** With `listenIps`. Default: one of the worker's range. */
  port?: number;
  /** Default true. */
  enableUdp?: boolean;
  /** Default false with `listenIps`, else true. */
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
  iceRole: IceRole;
  iceState: IceState;
  iceSelectedTuple?: TransportTuple;
  dtlsState: DtlsState;
};

export type WebRtcTransportDump = BaseTransportDump & {
  iceRole: IceRole;
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

export type WebRtcTransportEvents = SctpTransportEvents & WebRtcEvents & { listenserverclose: [] };
export type WebRtcTransportObserverEvents = SctpTransportObserverEvents & WebRtcEvents;

/** Where it listens, and what for its part is left to ask of the system. */
type Listening = { server?: ListenServer; addresses: ListenAddress[]; listenInfos: TransportListenInfo[] };

type WebRtcParts<A extends AppData> = {
  scope: Scope;
  router: RouterLink;
  server?: ListenServer;
  created: WebRtcTransportCreated;
  sctp?: SctpSettings;
  appData: A;
};

const ALGORITHMS = ['sha-1', 'sha-224', 'sha-256', 'sha-384', 'sha-512'] as const;
const MAX_FINGERPRINTS = 16;
/** SHA-512 as hexadecimal pairs with colons. */
const MAX_FINGERPRINT = 64 * 3 - 1;
/** RFC 8122, 5. */
const HEX_PAIRS = /^[0-9A-F]{2}(:[0-9A-F]{2})*$/i;
/** RFC 8839, 5.4. */
const MAX_ICE_TEXT = 256;
const MAX_CANDIDATES = 64;
const MIN_CONSENT_TIMEOUT = 10;
const MAX_CONSENT_TIMEOUT = 60;
const MAX_PORT = 65_535;
const MAX_UINT32 = 0xffffffff;

/** Makes what `router.createWebRtcTransport()` promises. */
export async function createWebRtcTransport<A extends AppData>(
  router: RouterLink,
  sockets: Sockets,
  options: WebRtcTransportOptions<A>,
): Promise<WebRtcTransport<A>> {
  const { listening, sctp, appData, ...settings } = readOptions(router, options);
  const { server, listenInfos } = listening;
  const scope = router.scope.child('transport', randomUUID());
  const created = await scope.making(async (control, transport) => {
    router.scope.requireOpen();
    // Without a pause for a server's: it may close at any time.
    const addresses = server ? listening.addresses : await openedAddresses(sockets, listenInfos, scope);
    const made = await control.createWebRtcTransport({
      router: router.scope.handle,
      transport,
      addresses,
      ...settings,
      ...(sctp && { sctp: sctp.channel }),
    });
    if (server?.scope.ended) router.scope.control.closeTransport({ transport }).catch(() => {});
    server?.scope.requireOpen();
    return made;
  });
  return new WebRtcTransport<A>({ scope, router, server, created, sctp, appData });
}

async function openedAddresses(
  sockets: Sockets,
  listenInfos: TransportListenInfo[],
  scope: Scope,
): Promise<ListenAddress[]> {
  const use = await sockets.use(listenInfos);
  scope.atEnd(use.release);
  return use.addresses;
}

/** A way to one browser, or whatever speaks WebRTC: ICE, of which this is the lite side, DTLS and SRTP. */
export class WebRtcTransport<A extends AppData = AppData> extends SctpTransport<
  A,
  WebRtcTransportEvents,
  WebRtcTransportObserverEvents
> {
  #iceRole: IceRole = 'controlled';
  #iceParameters: IceParameters;
  readonly #iceCandidates: IceCandidate[];
  #iceState: IceState = 'new';
  #iceSelectedTuple?: TransportTuple;
  readonly #dtlsParameters: DtlsParameters;
  #dtlsState: DtlsState = 'new';
  #dtlsRemoteCert?: string;

  /** Made by `router.createWebRtcTransport()`. */
  constructor({ scope, router, server, created, sctp, appData }: WebRtcParts<A>) {
    super(scope, router, appData, sctp && { ...sctp, isDataChannel: true });
    this.#iceParameters = toIceParameters(created.iceParameters);
    this.#iceCandidates = created.iceCandidates.map((candidate) => ({ ...candidate, ip: candidate.address }));
    this.#dtlsParameters = { role: 'auto', fingerprints: created.fingerprints as DtlsFingerprint[] };
    server?.handle(this as unknown as WebRtcTransport, scope, () => this.#listenServerClosed());
    scope.listen((event) => this.#onEvent(event));
  }

  override get type(): 'webrtc' {
    return 'webrtc';
  }

  /** 'controlled' until `dial()`. */
  get iceRole(): IceRole {
    return this.#iceRole;
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
  async connect(params: { dtlsParameters: DtlsParameters }): Promise<void> {
    const { dtlsParameters } = asObject(params, 'params');
    const { localRole } = await this.scope.control.connectWebRtcTransport({
      transport: this.scope.handle,
      ...readDtlsParameters(dtlsParameters),
    });
    this.#dtlsParameters.role = localRole;
  }

  /**
   * Calls a server instead of being called: ICE as the full, controlling agent (RFC 8445), towards an ICE-lite server
   * such as another router's WebRtcTransport. Where both are connected, media and data flow both ways.
   *
   * `connect()` gives the server's DTLS parameters as ever; the server is to be given this transport's, with
   * `role: 'client'`. After the server has restarted ICE, call this again with its new parameters alone.
   *
   * @throws TypeError also if none of the candidates is UDP and of an IP version that this transport listens on, or if
   * there are candidates when it dials already
   */
  async dial(params: { iceParameters: IceParameters; iceCandidates?: IceCandidate[] }): Promise<void> {
    const { iceParameters, iceCandidates } = asObject(params, 'params');
    await this.scope.control.dialWebRtcTransport({
      transport: this.scope.handle,
      iceParameters: readIceParameters(iceParameters),
      iceCandidates: asList(iceCandidates ?? [], 'iceCandidates', MAX_CANDIDATES, readCandidate),
    });
    this.#iceRole = 'controlling';
  }

  /** New credentials for the client's restart (RFC 8445, 2.4). The old ones hold until it uses these. */
  async restartIce(): Promise<IceParameters> {
    this.#iceParameters = toIceParameters(
      await this.scope.control.restartIce({ transport: this.scope.handle }),
    );
    return this.iceParameters;
  }

  async getStats(): Promise<WebRtcTransportStat[]> {
    return this.toStats(await this.scope.control.getTransportStats({ transport: this.scope.handle }));
  }

  protected override toStats(stats: TransportStats): WebRtcTransportStat[] {
    const iceSelectedTuple = toTransportTuple(stats.iceSelectedTuple);
    return [
      {
        type: 'webrtc-transport',
        ...this.baseStats(stats),
        iceRole: this.#iceRole,
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
      iceRole: this.#iceRole,
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

  #listenServerClosed(): void {
    this.closeInWorker().catch(() => {});
    this.finish('listenserverclose');
  }

  #onEvent(event: EventBody): void {
    switch (event.type) {
      case 'iceStateChange':
        this.#iceState = event.state;
        this.tell('icestatechange', event.state, ...(event.reason === 'none' ? [] : [event.reason]));
        break;
      case 'iceSelectedTupleChange':
        this.#iceSelectedTuple = toTransportTuple(event.tuple);
        this.tell('iceselectedtuplechange', this.iceSelectedTuple);
        break;
      case 'dtlsStateChange':
        this.#dtlsState = event.state;
        this.#dtlsRemoteCert = event.remoteCert ?? this.#dtlsRemoteCert;
        this.tell('dtlsstatechange', event.state, ...(event.reason ? [event.reason] : []));
        break;
      default:
        this.onSctpEvent(event);
    }
  }
}

function readOptions<A extends AppData>(router: RouterLink, given: WebRtcTransportOptions<A>) {
  const options = asObject(given, 'options');
  const preferUdp = asBoolean(options.preferUdp ?? false, 'preferUdp');
  const preferTcp = asBoolean(options.preferTcp ?? false, 'preferTcp');
  return {
    listening: readListening(router, options, preferTcp && !preferUdp ? ['tcp', 'udp'] : ['udp', 'tcp']),
    preferUdp,
    preferTcp,
    iceConsentTimeout: asConsentTimeout(options.iceConsentTimeout ?? 30),
    initialAvailableOutgoingBitrate: asInteger(
      options.initialAvailableOutgoingBitrate ?? 600_000,
      'initialAvailableOutgoingBitrate',
      0,
      MAX_UINT32,
    ),
    sctp: readSctpOptions(options),
    appData: asAppData<A>(options.appData),
  };
}

const LISTENERS = ['webRtcServer', 'listenInfos', 'listenIps'] as const;

/** What is left of the one listener after `enableUdp` and `enableTcp`; `order` is that of listenIps. */
function readListening(
  router: RouterLink,
  options: Record<string, unknown>,
  order: TransportProtocol[],
): Listening {
  const [name, ...more] = LISTENERS.filter((listener) => options[listener] !== undefined);
  if (name === undefined || more.length > 0) {
    throw new TypeError(`options must have exactly one of ${LISTENERS.join(', ')}`);
  }
  const udp = asBoolean(options.enableUdp ?? true, 'enableUdp');
  const tcp = asBoolean(options.enableTcp ?? name !== 'listenIps', 'enableTcp');
  if (!udp && !tcp) throw new TypeError('enableUdp and enableTcp must not both be false');
  const wanted = ({ protocol }: { protocol: TransportProtocol }) => (protocol === 'udp' ? udp : tcp);
  const server = name === 'webRtcServer' ? readListenServer(router, options.webRtcServer) : undefined;
  const listenInfos = server ? [] : readInfos(options, order).filter(wanted);
  const addresses = server ? server.addresses.filter(wanted) : [];
  if (listenInfos.length + addresses.length === 0) {
    throw new TypeError(`${udp ? 'enableTcp' : 'enableUdp'} must not be false: ${name} has nothing else`);
  }
  return { ...(server && { server }), addresses, listenInfos };
}

function readListenServer(router: RouterLink, value: unknown): ListenServer {
  const server = listenServerOf(value, 'webRtcServer');
  if (server.scope.parent !== router.scope.parent) {
    throw new TypeError("webRtcServer must be of the router's worker");
  }
  server.scope.requireOpen();
  return server;
}

function readInfos(
  { listenInfos, listenIps, port }: Record<string, unknown>,
  order: TransportProtocol[],
): TransportListenInfo[] {
  return listenIps === undefined ? readListenInfos(listenInfos) : readListenIps(listenIps, port, order);
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
  const algorithm = asOneOf(fingerprint.algorithm, `${name}.algorithm`, ALGORITHMS);
  const text = asString(fingerprint.value, `${name}.value`, MAX_FINGERPRINT);
  if (!HEX_PAIRS.test(text)) throw new TypeError(`${name}.value must be hexadecimal pairs joined by colons`);
  return { algorithm, value: text };
}

function readIceParameters(value: unknown): ChannelIceParameters {
  const { usernameFragment, password } = asObject(value, 'iceParameters');
  return {
    usernameFragment: asString(usernameFragment, 'iceParameters.usernameFragment', MAX_ICE_TEXT),
    password: asString(password, 'iceParameters.password', MAX_ICE_TEXT),
    iceLite: true,
  };
}

function readCandidate(value: unknown, name: string): ChannelIceCandidate {
  const { address, ip, port, protocol } = asObject(value, name);
  return {
    foundation: '',
    priority: 0,
    address: asString(address ?? ip, `${name}.address`, MAX_ICE_TEXT),
    port: asInteger(port, `${name}.port`, 1, MAX_PORT),
    protocol: asOneOf(protocol, `${name}.protocol`, ['udp', 'tcp']),
    type: 'host',
  };
}

function toIceParameters(parameters?: ChannelIceParameters): IceParameters {
  if (!parameters) throw new Error('the worker gave no ICE parameters');
  return { ...parameters };
}
