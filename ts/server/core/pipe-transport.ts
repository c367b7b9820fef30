import type { TransportStats } from '../../shared/channel/messages.gen.js';
import { asBoolean, asObject } from '../../shared/rtp/fields.js';
import { getPipeConsumerRtpParameters } from '../../shared/rtp/negotiate.js';
import type { Consumer } from './consumer.js';
import { type AppData, asAppData } from './entity.js';
import { asId } from './id.js';
import { readUdpListenInfo, type TransportListenInfo, type TransportListenIp } from './listen-info.js';
import {
  readSctpOptions,
  type SctpOptions,
  type SctpTransportEvents,
  type SctpTransportObserverEvents,
} from './sctp.js';
import type { Sockets } from './sockets.js';
import type { SrtpParameters } from './srtp.js';
import type { TransportTuple } from './stats.js';
import type { BaseTransportDump, BaseTransportStats, RouterLink } from './transport.js';
import { openUdp, readRemote, readRemoteSrtp, type UdpParts, UdpTransport } from './udp-transport.js';

export type PipeTransportOptions<A extends AppData = AppData> = SctpOptions & {
  /** Where to listen, over UDP, alone. This or `listenIp` is required. */
  listenInfo?: TransportListenInfo;
  /** The old form. */
  listenIp?: TransportListenIp | string;
  /** With `listenIp`. Default: one of the worker's range. */
  port?: number;
  /** Retransmission for what the pipe loses: for pipes that leave the host. Both ends alike. Default false. */
  enableRtx?: boolean;
  /** With AEAD_AES_256_GCM. Both ends alike. Default false. */
  enableSrtp?: boolean;
  appData?: A;
};

/** Of the other end. */
export type PipeTransportConnectParams = {
  /** IPv4 or IPv6. */
  ip: string;
  port: number;
  /** With `enableSrtp`. */
  srtpParameters?: SrtpParameters;
};

export type PipeConsumerOptions<A extends AppData = AppData> = { producerId: string; appData?: A };

export type PipeTransportStat = BaseTransportStats & { type: 'pipe-transport'; tuple: TransportTuple };

export type PipeTransportDump = BaseTransportDump & {
  tuple: TransportTuple;
  rtx: boolean;
  srtpParameters?: SrtpParameters;
};

export type PipeTransportEvents = SctpTransportEvents;
export type PipeTransportObserverEvents = SctpTransportObserverEvents;

/** Makes what `router.createPipeTransport()` promises. */
export async function createPipeTransport<A extends AppData>(
  router: RouterLink,
  sockets: Sockets,
  given: PipeTransportOptions<A>,
): Promise<PipeTransport<A>> {
  const options = asObject(given, 'options');
  const enableRtx = asBoolean(options.enableRtx ?? false, 'enableRtx');
  const enableSrtp = asBoolean(options.enableSrtp ?? false, 'enableSrtp');
  const settings = {
    listenInfo: readUdpListenInfo(options),
    comedia: false,
    ...(enableSrtp && { srtpCryptoSuite: 'aeadAes256Gcm' as const }),
    pipe: true,
    sctp: readSctpOptions(options),
  };
  const appData = asAppData<A>(options.appData);
  return new PipeTransport<A>(await openUdp(router, sockets, settings), enableRtx, appData);
}

/** A way to another router, in this host or elsewhere: what a producer has crosses it as it is, in all its streams. */
export class PipeTransport<A extends AppData = AppData> extends UdpTransport<
  A,
  PipeTransportEvents,
  PipeTransportObserverEvents
> {
  readonly #rtx: boolean;

  /** Made by `router.createPipeTransport()`. */
  constructor(parts: UdpParts, enableRtx: boolean, appData: A) {
    super(parts, appData);
    this.#rtx = enableRtx;
    parts.scope.listen((event) => this.onSctpEvent(event));
  }

  override get type(): 'pipe' {
    return 'pipe';
  }

  /**
   * Tells where the other end is, once.
   *
   * @throws TypeError naming the field; InvalidStateError if it was called already
   */
  async connect(params: PipeTransportConnectParams): Promise<void> {
    const fields = asObject(params, 'params');
    const remote = { ...readRemote(fields), ...readRemoteSrtp(fields, this.srtpParameters !== undefined) };
    if (remote.srtpParameters && remote.srtpParameters.cryptoSuite !== 'aeadAes256Gcm') {
      throw new TypeError('srtpParameters.cryptoSuite must be AEAD_AES_256_GCM');
    }
    await this.connectOnce(remote);
  }

  /**
   * Sends all streams of a producer to the other end, which produces with the consumer's kind and RTP parameters.
   *
   * @throws TypeError for bad options, NotFoundError for the producer
   */
  override async consume<C extends AppData = AppData>(options: PipeConsumerOptions<C>): Promise<Consumer<C>> {
    const fields = asObject(options, 'options');
    const producerId = asId(fields.producerId, 'producerId');
    const appData = asAppData<C>(fields.appData);
    const source = this.sourceOf(producerId);
    const rtpParameters = getPipeConsumerRtpParameters({
      consumableRtpParameters: source.consumableRtpParameters,
      enableRtx: this.#rtx,
    });
    return this.forward<C>(source, { type: 'pipe', rtpParameters, paused: false, ignoreDtx: false, appData });
  }

  async getStats(): Promise<PipeTransportStat[]> {
    return this.toStats(await this.scope.control.getTransportStats({ transport: this.scope.handle }));
  }

  protected override toStats(stats: TransportStats): PipeTransportStat[] {
    return [{ type: 'pipe-transport', ...this.baseStats(stats), tuple: this.tuple }];
  }

  async dump(): Promise<PipeTransportDump> {
    const dump = await this.scope.control.dumpTransport({ transport: this.scope.handle });
    const { tuple, srtpParameters } = this;
    return { ...this.baseDump(dump), tuple, rtx: this.#rtx, ...(srtpParameters && { srtpParameters }) };
  }
}
