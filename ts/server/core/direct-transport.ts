import { randomUUID } from 'node:crypto';
import type { TransportStats } from '../../shared/channel/messages.gen.js';
import { UnsupportedError } from '../../shared/errors.js';
import { asObject } from '../../shared/rtp/fields.js';
import { asBuffer } from './data-message.js';
import { type AppData, asAppData } from './entity.js';
import type { Scope } from './scope.js';
import { asMessageSize } from './sctp.js';
import {
  type BaseTransportDump,
  type BaseTransportStats,
  type RouterLink,
  Transport,
  type TransportEvents,
  type TransportObserverEvents,
} from './transport.js';

export type DirectTransportOptions<A extends AppData = AppData> = {
  /** Bytes of a message that data consumers give. Default 262144. */
  maxSendMessageSize?: number;
  /** Bytes of a message that data producers take. Default 262144. */
  maxReceiveMessageSize?: number;
  /** The old name of both. */
  maxMessageSize?: number;
  appData?: A;
};

export type DirectTransportStat = BaseTransportStats & { type: 'direct-transport' };

export type DirectTransportDump = BaseTransportDump;

type DirectEvents = {
  /** A packet that would go to the endpoint (RFC 3550, 6). */
  rtcp: [packet: Buffer];
};

export type DirectTransportEvents = TransportEvents & DirectEvents;
export type DirectTransportObserverEvents = TransportObserverEvents & DirectEvents;

type Sizes = { maxSendMessageSize: number; maxReceiveMessageSize: number };

/** Makes what `router.createDirectTransport()` promises. */
export async function createDirectTransport<A extends AppData>(
  router: RouterLink,
  given: DirectTransportOptions<A> = {},
): Promise<DirectTransport<A>> {
  const options = asObject(given, 'options');
  const sizes = readSizes(options);
  const appData = asAppData<A>(options.appData);
  const scope = router.scope.child('transport', randomUUID());
  await scope.making((control, transport) => {
    router.scope.requireOpen();
    return control.createDirectTransport({ router: router.scope.handle, transport, ...sizes });
  });
  return new DirectTransport<A>(scope, router, sizes, appData);
}

/** A way between a router and this program: it gives and gets RTP, RTCP and messages as Buffers. */
export class DirectTransport<A extends AppData = AppData> extends Transport<
  A,
  DirectTransportEvents,
  DirectTransportObserverEvents
> {
  readonly #sizes: Sizes;

  /** Made by `router.createDirectTransport()`. */
  constructor(scope: Scope, router: RouterLink, sizes: Sizes, appData: A) {
    super(scope, router, appData);
    this.#sizes = sizes;
    scope.listen((event) => {
      if (event.type === 'rtcpPacket') this.tell('rtcp', asBuffer(event.packet));
      else this.onTransportEvent(event);
    });
  }

  override get type(): 'direct' {
    return 'direct';
  }

  /** Does nothing: it is connected. */
  async connect(): Promise<void> {}

  /** @throws UnsupportedError */
  override async setMaxIncomingBitrate(): Promise<void> {
    throw new UnsupportedError('setMaxIncomingBitrate() is not for direct transports');
  }

  /** @throws UnsupportedError */
  override async setMaxOutgoingBitrate(): Promise<void> {
    throw new UnsupportedError('setMaxOutgoingBitrate() is not for direct transports');
  }

  /** @throws UnsupportedError */
  override async setMinOutgoingBitrate(): Promise<void> {
    throw new UnsupportedError('setMinOutgoingBitrate() is not for direct transports');
  }

  /**
   * Takes an RTCP packet as if the endpoint had sent it.
   *
   * @throws TypeError; InvalidStateError if it is closed
   */
  sendRtcp(rtcpPacket: Buffer): void {
    if (!(rtcpPacket instanceof Uint8Array)) throw new TypeError('rtcpPacket must be a Buffer');
    this.scope.control.sendRtcp({ transport: this.scope.handle, packet: rtcpPacket });
  }

  async getStats(): Promise<DirectTransportStat[]> {
    return this.toStats(await this.scope.control.getTransportStats({ transport: this.scope.handle }));
  }

  protected override toStats(stats: TransportStats): DirectTransportStat[] {
    return [{ type: 'direct-transport', ...this.baseStats(stats) }];
  }

  async dump(): Promise<DirectTransportDump> {
    const dump = await this.scope.control.dumpTransport({ transport: this.scope.handle });
    return { ...this.baseDump(dump), ...this.#sizes };
  }
}

function readSizes(options: Record<string, unknown>): Sizes {
  const both = options.maxMessageSize;
  if (both !== undefined) asMessageSize(both, 'maxMessageSize');
  return {
    maxSendMessageSize: asMessageSize(options.maxSendMessageSize, 'maxSendMessageSize', both),
    maxReceiveMessageSize: asMessageSize(options.maxReceiveMessageSize, 'maxReceiveMessageSize', both),
  };
}
