import { InvalidStateError } from '../shared/errors.js';
import { localDtlsParameters } from '../shared/sdp/remote-transport.js';
import type { AppData, TransportData, TransportDirection } from '../shared/signalling/messages.js';
import type { IceParameters } from '../shared/transport-parameters.js';
import { Commands } from './commands.js';
import { Lifetime, type Originator } from './lifetime.js';
import type { Link } from './link.js';
import { type ConnectionState, Recovery } from './recovery.js';

export type TransportEvents = {
  close: [originator: Originator, appData: AppData];
  connectionstatechange: [state: ConnectionState];
};

/** What is sent or received on a transport. */
export type Passenger = { transportClosed(): void };

/** The browser's end, and what the server says of its own. */
export type Opened = { connection: RTCPeerConnection; remote: Promise<TransportData> };

/**
 * An RTCPeerConnection with the server, for one direction. Both ends are made when it is first used. A lost
 * connection is recovered by itself, see ConnectionState.
 */
export abstract class Transport extends Lifetime<TransportEvents> {
  readonly id: string;
  abstract readonly direction: TransportDirection;
  /** @internal */
  readonly passengers = new Set<Passenger>();
  protected readonly link: Link;
  #commands = new Commands();
  readonly #recovery = new Recovery({
    restart: () => this.#restart(),
    onState: (state) => this.emit('connectionstatechange', state),
  });
  #opened?: Opened;
  #connected = false;

  /** @internal See `room.createTransport()`. */
  constructor(link: Link, appData: AppData) {
    super(appData);
    this.link = link;
    this.id = link.nextId('transport');
  }

  get connectionState(): ConnectionState {
    return this.#recovery.state;
  }

  /** Undefined until it is used. For reading: changes of it are the Transport's. */
  get connection(): RTCPeerConnection | undefined {
    return this.#opened?.connection;
  }

  /** Producers and consumers on it become unhandled; they may take another transport. */
  close(appData?: AppData): void {
    if (this.closed) return;
    if (this.#opened) this.link.tell('closeTransport', { id: this.id, appData });
    this.end('local', appData);
  }

  /**
   * New ICE credentials on both sides, as after a change of the network. Nothing happens before the first use.
   *
   * @throws InvalidStateError if it is closed
   */
  async restartIce(): Promise<void> {
    this.#recovery.restarted();
    await this.#restart();
  }

  /** What the browser has measured; empty before the first use. */
  async getStats(): Promise<RTCStatsReport> {
    return (await this.connection?.getStats()) ?? new Map();
  }

  /** What the server has measured; empty before the first use. */
  async getServerStats(): Promise<Record<string, unknown>[]> {
    if (!this.#opened || this.closed) return [];
    return (await this.link.request('getStats', { of: 'transport', id: this.id })).stats;
  }

  /** @internal */
  end(originator: Originator, appData?: AppData): void {
    if (!this.markClosed()) return;
    this.#commands.close(new InvalidStateError(`${this.id} is closed`));
    this.#opened?.connection.close();
    this.#recovery.close();
    this.emit('close', originator, appData);
    for (const passenger of [...this.passengers]) passenger.transportClosed();
  }

  /** @internal The server's end is gone: both are made anew when it is next used. */
  reset(): void {
    if (this.closed) return;
    this.#commands.close(new InvalidStateError(`${this.id} is being made anew`));
    this.#commands = new Commands();
    this.#opened?.connection.close();
    this.#opened = undefined;
    this.#connected = false;
    for (const passenger of [...this.passengers]) passenger.transportClosed();
    this.forget();
    this.#recovery.reset();
  }

  /** Of the connection that is gone. */
  protected abstract forget(): void;

  /** After all that was asked before. If an exchange fails, both sides may disagree: then the transport closes. */
  protected run<T>(command: (opened: Opened) => Promise<T>): Promise<T> {
    const commands = this.#commands;
    return commands.run(async () => {
      try {
        return await command(this.#open());
      } catch (error) {
        if (error instanceof Refusal) throw error.cause;
        if (commands === this.#commands) this.#fail(error as Error);
        throw error;
      }
    });
  }

  /** Tells the server who will connect, once there is a local description. */
  protected connect({ localDescription }: RTCPeerConnection): void {
    if (this.closed) throw new InvalidStateError(`${this.id} is closed`);
    if (this.#connected) return;
    this.#connected = true;
    const dtlsParameters = localDtlsParameters(localDescription?.sdp ?? '');
    this.link.tell('connectTransport', { id: this.id, dtlsParameters });
  }

  /** It is new, and nothing is negotiated. */
  protected onConnection(_connection: RTCPeerConnection): void {}

  /** Lets both sides know the server's new credentials. */
  protected abstract exchangeIce(opened: Opened, iceParameters: IceParameters): Promise<void>;

  /** All who wait are told why. */
  #fail(error: Error): void {
    this.#commands.close(error);
    this.close();
  }

  #open(): Opened {
    this.#opened ??= this.#create();
    return this.#opened;
  }

  #create(): Opened {
    const connection = new RTCPeerConnection({ ...this.link.configuration, bundlePolicy: 'max-bundle' });
    connection.addEventListener('connectionstatechange', () => {
      if (this.connection === connection) this.#recovery.update(connection.connectionState);
    });
    this.onConnection(connection);
    const { id, direction, appData } = this;
    const remote = this.link.request('createTransport', { id, direction, appData });
    // Whoever needs it awaits it, some time later.
    remote.catch(() => {});
    return { connection, remote };
  }

  async #restart(): Promise<void> {
    if (this.closed) throw new InvalidStateError(`${this.id} is closed`);
    if (!this.#opened) return;
    await this.run(async (opened) => {
      const { id } = this;
      const { iceParameters } = await this.link.request('restartTransport', { id }).catch(refused);
      await this.exchangeIce(opened, iceParameters);
    });
  }
}

/** A command that failed, and left the transport as it was. */
export class Refusal extends Error {
  override readonly cause: unknown;

  constructor(cause: unknown) {
    super('refused');
    this.cause = cause;
  }
}

export function refused(error: unknown): never {
  throw new Refusal(error);
}
