import { randomUUID } from 'node:crypto';
import type {
  SrtpParameters as ChannelSrtpParameters,
  ConnectPlainTransport,
  CreatePlainTransport,
  ListenAddress,
  PlainTransportConnected,
} from '../../shared/channel/messages.gen.js';
import { InvalidStateError } from '../../shared/errors.js';
import { asInteger } from '../../shared/rtp/fields.js';
import type { AppData } from './entity.js';
import { asIp, type TransportListenInfo } from './listen-info.js';
import type { Scope } from './scope.js';
import {
  type SctpSettings,
  SctpTransport,
  type SctpTransportEvents,
  type SctpTransportObserverEvents,
} from './sctp.js';
import type { Sockets } from './sockets.js';
import { readSrtpParameters, type SrtpParameters, toSrtpParameters } from './srtp.js';
import { type TransportTuple, toTransportTuple } from './stats.js';
import type { RouterLink } from './transport.js';

/** What is asked of the worker. */
export type UdpSettings = Pick<CreatePlainTransport, 'comedia' | 'srtpCryptoSuite' | 'pipe'> & {
  listenInfo: TransportListenInfo;
  /** Missing: RTCP is multiplexed. */
  rtcpListenInfo?: TransportListenInfo;
  sctp?: SctpSettings;
};

/** What the worker made of it. */
export type UdpParts = {
  scope: Scope;
  router: RouterLink;
  tuple: TransportTuple;
  rtcpTuple?: TransportTuple;
  srtpParameters?: SrtpParameters;
  sctp?: SctpSettings;
};

const MAX_PORT = 65535;

/** Opens the sockets, which are the transport's own, and makes the transport in the worker. */
export async function openUdp(
  router: RouterLink,
  sockets: Sockets,
  { listenInfo, rtcpListenInfo, sctp, ...settings }: UdpSettings,
): Promise<UdpParts> {
  const scope = router.scope.child('transport', randomUUID());
  return scope.making(async (control, transport) => {
    router.scope.requireOpen();
    const address = await ownAddress(sockets, listenInfo, scope);
    const rtcpAddress = rtcpListenInfo && (await ownAddress(sockets, rtcpListenInfo, scope));
    const { srtpParameters } = await control.createPlainTransport({
      router: router.scope.handle,
      transport,
      address,
      ...(rtcpAddress && { rtcpAddress }),
      ...settings,
      ...(sctp && { sctp: sctp.channel }),
    });
    return {
      scope,
      router,
      tuple: localTuple(address),
      ...(rtcpAddress && { rtcpTuple: localTuple(rtcpAddress) }),
      ...(srtpParameters && { srtpParameters: toSrtpParameters(srtpParameters) }),
      ...(sctp && { sctp }),
    };
  });
}

async function ownAddress(sockets: Sockets, info: TransportListenInfo, scope: Scope): Promise<ListenAddress> {
  const { addresses, release } = await sockets.use([info], { exclusive: true });
  scope.atEnd(release);
  const [address] = addresses;
  if (!address) throw new Error(`this machine has no address that '${info.ip}' could stand for`);
  return address;
}

function localTuple({ address, port, protocol }: ListenAddress): TransportTuple {
  return { localAddress: address, localIp: address, localPort: port, protocol };
}

/**
 * The remote's address, without comedia.
 *
 * @throws TypeError naming the field
 */
export function readRemote({ ip, port }: Record<string, unknown>): { ip: string; port: number } {
  return { ip: asIp(ip, 'ip'), port: asInteger(port, 'port', 1, MAX_PORT) };
}

/**
 * The remote's SRTP parameters, where and only where there is SRTP.
 *
 * @throws TypeError naming the field
 */
export function readRemoteSrtp(
  { srtpParameters }: Record<string, unknown>,
  enabled: boolean,
): { srtpParameters?: ChannelSrtpParameters } {
  if (enabled) return { srtpParameters: readSrtpParameters(srtpParameters, 'srtpParameters') };
  requireMissing(srtpParameters, 'srtpParameters', 'without enableSrtp');
  return {};
}

/** @throws TypeError */
export function requireMissing(value: unknown, name: string, why: string): void {
  if (value !== undefined) throw new TypeError(`${name} must not be given ${why}`);
}

/** RTP over a UDP socket of its own, from and to one remote. */
export abstract class UdpTransport<
  A extends AppData,
  Events extends SctpTransportEvents,
  ObserverEvents extends SctpTransportObserverEvents,
> extends SctpTransport<A, Events, ObserverEvents> {
  protected udpTuple: TransportTuple;
  #srtpParameters?: SrtpParameters;
  #connected = false;

  protected constructor({ scope, router, tuple, srtpParameters, sctp }: UdpParts, appData: A) {
    super(scope, router, appData, sctp && { ...sctp, isDataChannel: false });
    this.udpTuple = tuple;
    this.#srtpParameters = srtpParameters;
  }

  /** Without the remote until it is known. */
  get tuple(): TransportTuple {
    return structuredClone(this.udpTuple);
  }

  /** How this side encrypts what it sends: the remote needs them. Undefined without `enableSrtp`. */
  get srtpParameters(): SrtpParameters | undefined {
    return structuredClone(this.#srtpParameters);
  }

  protected async connectOnce(
    remote: Omit<ConnectPlainTransport, 'transport'>,
  ): Promise<PlainTransportConnected> {
    if (this.#connected) throw new InvalidStateError('connect() was called already');
    this.#connected = true;
    try {
      const { control, handle } = this.scope;
      const connected = await control.connectPlainTransport({ transport: handle, ...remote });
      this.udpTuple = toTransportTuple(connected.tuple) ?? this.udpTuple;
      if (connected.srtpParameters) this.#srtpParameters = toSrtpParameters(connected.srtpParameters);
      return connected;
    } catch (error) {
      this.#connected = false;
      throw error;
    }
  }
}
