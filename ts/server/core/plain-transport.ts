import type { TransportStats } from '../../shared/channel/messages.gen.js';
import { asBoolean, asInteger, asObject } from '../../shared/rtp/fields.js';
import type { EventBody } from './channel.js';
import { type AppData, asAppData } from './entity.js';
import {
  readListenInfo,
  readUdpListenInfo,
  requireUdp,
  type TransportListenInfo,
  type TransportListenIp,
} from './listen-info.js';
import {
  readSctpOptions,
  type SctpOptions,
  type SctpTransportEvents,
  type SctpTransportObserverEvents,
} from './sctp.js';
import type { Sockets } from './sockets.js';
import { readSrtpCryptoSuite, type SrtpCryptoSuite, type SrtpParameters } from './srtp.js';
import { type TransportTuple, toTransportTuple } from './stats.js';
import type { BaseTransportDump, BaseTransportStats, RouterLink } from './transport.js';
import {
  openUdp,
  readRemote,
  readRemoteSrtp,
  requireMissing,
  type UdpParts,
  type UdpSettings,
  UdpTransport,
} from './udp-transport.js';

export type PlainTransportOptions<A extends AppData = AppData> = SctpOptions & {
  /** Where to listen, over UDP, alone. This or `listenIp` is required. */
  listenInfo?: TransportListenInfo;
  /** For RTCP, without `rtcpMux`. Default: as `listenInfo`, on another port of its range. */
  rtcpListenInfo?: TransportListenInfo;
  /** The old form. */
  listenIp?: TransportListenIp | string;
  /** With `listenIp`. Default: one of the worker's range. */
  port?: number;
  /** RTP and RTCP share a port (RFC 5761). Default true. */
  rtcpMux?: boolean;
  /** The remote is where the first packet comes from: don't call `connect`, but with SRTP. Default false. */
  comedia?: boolean;
  /** Default false. */
  enableSrtp?: boolean;
  /** Default 'AES_CM_128_HMAC_SHA1_80'. */
  srtpCryptoSuite?: SrtpCryptoSuite;
  appData?: A;
};

export type PlainTransportConnectParams = {
  /** IPv4 or IPv6. */
  ip?: string;
  port?: number;
  /** Without `rtcpMux`. */
  rtcpPort?: number;
  /** The remote's, with `enableSrtp`. */
  srtpParameters?: SrtpParameters;
};

type PlainState = {
  rtcpMux: boolean;
  comedia: boolean;
  tuple: TransportTuple;
  /** Without `rtcpMux`. */
  rtcpTuple?: TransportTuple;
};

export type PlainTransportStat = BaseTransportStats & PlainState & { type: 'plain-rtp-transport' };

export type PlainTransportDump = BaseTransportDump & PlainState & { srtpParameters?: SrtpParameters };

type PlainEvents = {
  /** With comedia: the remote was found. */
  tuple: [tuple: TransportTuple];
  rtcptuple: [rtcpTuple: TransportTuple];
};

export type PlainTransportEvents = SctpTransportEvents & PlainEvents;
export type PlainTransportObserverEvents = SctpTransportObserverEvents & PlainEvents;

const MAX_PORT = 65535;

/** Makes what `router.createPlainTransport()` promises. */
export async function createPlainTransport<A extends AppData>(
  router: RouterLink,
  sockets: Sockets,
  options: PlainTransportOptions<A>,
): Promise<PlainTransport<A>> {
  const { appData, ...settings } = readOptions(options);
  const parts = await openUdp(router, sockets, settings);
  return new PlainTransport<A>(parts, settings.comedia, appData);
}

/** A way to whatever speaks RTP over UDP without ICE, such as FFmpeg, GStreamer or another SFU. */
export class PlainTransport<A extends AppData = AppData> extends UdpTransport<
  A,
  PlainTransportEvents,
  PlainTransportObserverEvents
> {
  readonly #comedia: boolean;
  #rtcpTuple?: TransportTuple;

  /** Made by `router.createPlainTransport()`. */
  constructor(parts: UdpParts, comedia: boolean, appData: A) {
    super(parts, appData);
    this.#comedia = comedia;
    this.#rtcpTuple = parts.rtcpTuple;
    parts.scope.listen((event) => this.#onEvent(event));
  }

  override get type(): 'plain' {
    return 'plain';
  }

  /** Undefined with `rtcpMux`. */
  get rtcpTuple(): TransportTuple | undefined {
    return structuredClone(this.#rtcpTuple);
  }

  /**
   * Tells where the remote is, once: with its `ip`, `port`, without `rtcpMux` its `rtcpPort`, and with `enableSrtp` its
   * `srtpParameters`. With comedia and SRTP it takes those alone.
   *
   * @throws TypeError naming the field, and with comedia without SRTP; InvalidStateError if it was called already
   */
  async connect(params: PlainTransportConnectParams): Promise<void> {
    const { rtcpTuple } = await this.connectOnce(this.#readConnect(asObject(params, 'params')));
    if (this.#rtcpTuple) this.#rtcpTuple = toTransportTuple(rtcpTuple) ?? this.#rtcpTuple;
  }

  async getStats(): Promise<PlainTransportStat[]> {
    return this.toStats(await this.scope.control.getTransportStats({ transport: this.scope.handle }));
  }

  protected override toStats(stats: TransportStats): PlainTransportStat[] {
    return [{ type: 'plain-rtp-transport', ...this.baseStats(stats), ...this.#state() }];
  }

  async dump(): Promise<PlainTransportDump> {
    const dump = await this.scope.control.dumpTransport({ transport: this.scope.handle });
    const { srtpParameters } = this;
    return { ...this.baseDump(dump), ...this.#state(), ...(srtpParameters && { srtpParameters }) };
  }

  #state(): PlainState {
    const { tuple, rtcpTuple } = this;
    return { rtcpMux: !rtcpTuple, comedia: this.#comedia, tuple, ...(rtcpTuple && { rtcpTuple }) };
  }

  #readConnect(params: Record<string, unknown>) {
    const hasSrtp = this.srtpParameters !== undefined;
    if (!this.#comedia) {
      return { ...readRemote(params), ...this.#readRtcpPort(params), ...readRemoteSrtp(params, hasSrtp) };
    }
    if (!hasSrtp) throw new TypeError('connect() must not be called with comedia and without enableSrtp');
    for (const name of ['ip', 'port', 'rtcpPort']) requireMissing(params[name], name, 'with comedia');
    return readRemoteSrtp(params, hasSrtp);
  }

  #readRtcpPort({ rtcpPort }: Record<string, unknown>): { rtcpPort?: number } {
    if (this.#rtcpTuple) return { rtcpPort: asInteger(rtcpPort, 'rtcpPort', 1, MAX_PORT) };
    requireMissing(rtcpPort, 'rtcpPort', 'with rtcpMux');
    return {};
  }

  #onEvent(event: EventBody): void {
    if (event.type === 'tupleChange') this.#onTuple(event.rtcp, toTransportTuple(event.tuple));
    else this.onSctpEvent(event);
  }

  #onTuple(isRtcp: boolean, tuple?: TransportTuple): void {
    if (!tuple) return;
    if (isRtcp) this.#rtcpTuple = tuple;
    else this.udpTuple = tuple;
    this.tell(isRtcp ? 'rtcptuple' : 'tuple', structuredClone(tuple));
  }
}

function readOptions<A extends AppData>(given: PlainTransportOptions<A>) {
  const options = asObject(given, 'options');
  const listenInfo = readUdpListenInfo(options);
  const rtcpListenInfo = readRtcpListenInfo(options, listenInfo);
  const suite = readSrtpCryptoSuite(options.srtpCryptoSuite ?? 'AES_CM_128_HMAC_SHA1_80', 'srtpCryptoSuite');
  return {
    listenInfo,
    ...(asBoolean(options.rtcpMux ?? true, 'rtcpMux') ? {} : { rtcpListenInfo }),
    comedia: asBoolean(options.comedia ?? false, 'comedia'),
    ...(asBoolean(options.enableSrtp ?? false, 'enableSrtp') && { srtpCryptoSuite: suite }),
    pipe: false,
    sctp: readSctpOptions(options),
    appData: asAppData<A>(options.appData),
  } satisfies UdpSettings & { appData: A };
}

function readRtcpListenInfo(
  { rtcpListenInfo }: Record<string, unknown>,
  { port: _, ...listenInfo }: TransportListenInfo,
): TransportListenInfo {
  if (rtcpListenInfo === undefined) return listenInfo;
  return requireUdp(readListenInfo(rtcpListenInfo, 'rtcpListenInfo'), 'rtcpListenInfo');
}
