/**
 * `disconnected`: it was connected, or should be by now, and ICE is being restarted. `failed`: that was given up;
 * `restartIce()` may help once the network is back.
 */
export type ConnectionState = 'new' | 'connecting' | 'connected' | 'disconnected' | 'failed' | 'closed';

type RecoveryParts = {
  restart: () => Promise<unknown>;
  onState: (state: ConnectionState) => void;
};

/** Milliseconds: a short loss often heals by itself. */
const PATIENCE = 3000;
/** Milliseconds that each restart of ICE is given before the next. After the last it is given up. */
const ATTEMPTS = [4000, 6000, 10_000, 15_000, 15_000];

/**
 * Restarts ICE when the connection is lost: at once if the browser says 'failed', after three seconds of
 * 'disconnected', and again until it works, five times in some fifty seconds.
 */
export class Recovery {
  readonly #parts: RecoveryParts;
  #state: ConnectionState = 'new';
  #attempts = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(parts: RecoveryParts) {
    this.#parts = parts;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** What the RTCPeerConnection says. */
  update(state: RTCPeerConnectionState): void {
    if (state === 'connected') this.#connected();
    else if (state === 'connecting' && this.#state === 'new') this.#become('connecting');
    else if (state === 'disconnected' && this.#lost()) this.#attemptAfter(PATIENCE);
    else if (state === 'failed' && this.#lost()) this.#attempt();
  }

  /** ICE was restarted on demand: what was given up is tried again. */
  restarted(): void {
    this.#begin();
    if (this.#state !== 'failed') return;
    this.#become('disconnected');
    this.#attemptAfter(PATIENCE);
  }

  /** The connection is gone, and another one will be made when it is needed. */
  reset(): void {
    this.#begin();
    this.#become('new');
  }

  close(): void {
    this.#stopTimer();
    this.#become('closed');
  }

  #connected(): void {
    this.#begin();
    this.#become('connected');
  }

  /** Whether something is to be done: not if a restart is under way, which has its own time. */
  #lost(): boolean {
    if (this.#attempts > 0 || this.#state === 'failed' || this.#state === 'closed') return false;
    this.#become('disconnected');
    return true;
  }

  #begin(): void {
    this.#stopTimer();
    this.#attempts = 0;
  }

  #attempt(): void {
    const duration = ATTEMPTS[this.#attempts];
    if (duration === undefined) this.#giveUp();
    else this.#restart(duration);
  }

  #restart(duration: number): void {
    this.#attempts += 1;
    // It fails only with the connection to the server, or if the server has closed the transport.
    this.#parts.restart().catch(() => {});
    this.#attemptAfter(duration);
  }

  #giveUp(): void {
    this.#begin();
    this.#become('failed');
  }

  #attemptAfter(duration: number): void {
    this.#stopTimer();
    this.#timer = setTimeout(() => this.#attempt(), duration);
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #become(state: ConnectionState): void {
    if (state === this.#state || this.#state === 'closed') return;
    this.#state = state;
    this.#parts.onState(state);
  }
}
