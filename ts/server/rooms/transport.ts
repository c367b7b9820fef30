import { InvalidStateError } from '../../shared/errors.js';
import { asInteger } from '../../shared/rtp/fields.js';
import { BadRequestError } from '../../shared/signalling/errors.js';
import type {
  AppData,
  DtlsState,
  IceState,
  TransportData,
  TransportDirection,
} from '../../shared/signalling/messages.js';
import type { DtlsParameters, IceParameters } from '../../shared/transport-parameters.js';
import type { EntityEvents } from '../core/entity.js';
import type { TransportTuple } from '../core/stats.js';
import type { CoreTransport, Stats } from './core.js';
import { Lifetime, type Originator, type Tell } from './lifetime.js';

export type TransportEvents = EntityEvents & {
  close: [originator: Originator, appData: AppData];
  icestatechange: [state: IceState];
  iceselectedtuplechange: [tuple: TransportTuple];
  dtlsstatechange: [state: DtlsState];
};

/** What is sent or received on a transport. */
export type Passenger = {
  transportClosed(): void;
  /** It is lost now, or is not any more. */
  transportStateChanged?(): void;
};

type TransportParts = {
  id: string;
  direction: TransportDirection;
  appData: AppData;
  core: CoreTransport;
  tell: Tell;
};

const MAX_BITRATE = 0xffffffff;
const LOST: (IceState | DtlsState)[] = ['disconnected', 'failed', 'closed'];

/**
 * A client's ICE and DTLS connection to the server, one way. That ICE disconnects or DTLS ends does not close it: the
 * client may restart ICE, or close it.
 */
export class Transport extends Lifetime<TransportEvents> {
  /** Chosen by the client. */
  readonly id: string;
  readonly direction: TransportDirection;
  /** @internal */
  readonly core: CoreTransport;
  /** @internal */
  readonly passengers = new Set<Passenger>();
  readonly #tell: Tell;
  #connected = false;
  #maxBitrate = 0;

  /** @internal Made when a client asks for it. */
  constructor({ id, direction, appData, core, tell }: TransportParts) {
    super(appData);
    this.id = id;
    this.direction = direction;
    this.core = core;
    this.#tell = tell;
    core.on('icestatechange', (state) => this.#stateChanged('icestatechange', state));
    core.on('dtlsstatechange', (state) => this.#stateChanged('dtlsstatechange', state));
    core.on('iceselectedtuplechange', (tuple) => this.safeEmit('iceselectedtuplechange', tuple));
  }

  get iceState(): IceState {
    return this.core.iceState;
  }

  /** Undefined until ICE works. */
  get iceSelectedTuple(): TransportTuple | undefined {
    return this.core.iceSelectedTuple;
  }

  get dtlsState(): DtlsState {
    return this.core.dtlsState;
  }

  /** Nothing gets through: there was a connection, or should have been. */
  get lost(): boolean {
    const { iceState, dtlsState } = this.core;
    return [iceState, dtlsState].some((state) => LOST.includes(state));
  }

  /** The client's certificate (PEM), once DTLS is connected. */
  get dtlsRemoteCert(): string | undefined {
    return this.core.dtlsRemoteCert;
  }

  /** As set; 0 is no limit. */
  get maxBitrate(): number {
    return this.#maxBitrate;
  }

  /** Its producers close; its consumers become unhandled, as do both at the client, which may take another transport. */
  close(appData?: AppData): void {
    if (this.closed) return;
    this.#tell('transportClosed', { id: this.id, appData });
    this.end('local', appData);
  }

  /**
   * Limits what the client sends on it, in bits per second; 0 is no limit.
   *
   * @throws TypeError, InvalidStateError unless the client sends on it
   */
  async setMaxBitrate(bitrate: number): Promise<void> {
    asInteger(bitrate, 'bitrate', 0, MAX_BITRATE);
    if (this.direction !== 'send') throw new InvalidStateError(`nothing is sent on transport ${this.id}`);
    await this.core.setMaxIncomingBitrate(bitrate);
    this.#maxBitrate = bitrate;
  }

  /** See WebRtcTransportStat of the core. */
  getStats(): Promise<Stats> {
    return this.core.getStats();
  }

  /** @internal */
  async connect(dtlsParameters: DtlsParameters): Promise<void> {
    if (this.#connected) throw new InvalidStateError(`transport ${this.id} is already connected`);
    await blamingClient(this.core.connect({ dtlsParameters }));
    this.#connected = true;
  }

  /** @internal */
  restartIce(): Promise<IceParameters> {
    return this.core.restartIce();
  }

  /** @internal */
  toData(): TransportData {
    const { iceParameters, iceCandidates, dtlsParameters, sctpParameters } = this.core;
    const { port, maxMessageSize } = sctpParameters!;
    return { iceParameters, iceCandidates, dtlsParameters, sctpParameters: { port, maxMessageSize } };
  }

  /** @internal */
  end(originator: Originator, appData?: AppData): void {
    if (!this.markClosed()) return;
    this.core.close();
    this.safeEmit('close', originator, appData);
    for (const passenger of [...this.passengers]) passenger.transportClosed();
  }

  #stateChanged<E extends 'icestatechange' | 'dtlsstatechange'>(
    event: E,
    ...state: TransportEvents[E]
  ): void {
    if (this.closed) return;
    const { iceState, dtlsState } = this;
    this.#tell('transportState', { id: this.id, iceState, dtlsState });
    this.safeEmit(event, ...state);
    for (const passenger of [...this.passengers]) passenger.transportStateChanged?.();
  }
}

/** For what the client gave: if the core finds it wrong, the client is told why. */
export async function blamingClient<T>(done: Promise<T>): Promise<T> {
  try {
    return await done;
  } catch (error) {
    if (error instanceof TypeError) throw new BadRequestError(error.message);
    throw error;
  }
}
