import { InvalidStateError } from '../../shared/errors.js';
import * as logger from '../core/logger.js';
import type { CoreWorker } from './core.js';

/** Starts the worker of a slot. */
export type StartWorker = (slot: number) => Promise<CoreWorker>;

/** Anything that occupies a worker; what it costs may change. */
export type Load = { readonly load: number };

type Waiter = { resolve: (place: Place) => void; reject: (error: Error) => void };

/** A worker, with its slot's number and all that occupies it. */
export type Place = { slot: number; worker: CoreWorker; loads: Set<Load> };

/** Milliseconds. A worker that has lived shorter, or did not start, is not replaced sooner. */
const RESTART_DELAY = 1_000;

/** A fixed number of slots for workers. Whoever dies is replaced, as long as this is open. */
export class Workers {
  readonly #start: StartWorker;
  readonly #onDied: (error: Error) => void;
  readonly #places = new Map<number, Place>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #busy = new Set<Promise<void>>();
  #waiters: Waiter[] = [];
  #closed = false;

  private constructor(start: StartWorker, onDied: (error: Error) => void) {
    this.#start = start;
    this.#onDied = onDied;
  }

  /** Resolves when all have started; rejects, with none running, if one has not. */
  static async start(count: number, start: StartWorker, onDied: (error: Error) => void): Promise<Workers> {
    const workers = new Workers(start, onDied);
    const slots = Array.from({ length: count }, (_, slot) => workers.#fill(slot));
    const outcomes = await Promise.allSettled(slots);
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (!failed) return workers;
    await workers.close();
    throw failed.reason;
  }

  /** How many are running. */
  get size(): number {
    return this.#places.size;
  }

  /** Those that are running, in no order. */
  get all(): CoreWorker[] {
    return [...this.#places.values()].map(({ worker }) => worker);
  }

  /**
   * Puts it on the least loaded one, of these if any of them is running. If none is at all, on the next that starts;
   * rejects if that does not start.
   */
  async take(load: Load, among: Place[] = []): Promise<Place> {
    if (this.#closed) throw new InvalidStateError('the server is closed');
    const all = [...this.#places.values()];
    const wanted = all.filter((place) => among.includes(place));
    const place = leastLoaded(wanted) ?? leastLoaded(all) ?? (await this.#next());
    place.loads.add(load);
    return place;
  }

  /** Resolves when all processes and threads are gone. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const { worker } of this.#places.values()) worker.close();
    this.#places.clear();
    this.#settle(({ reject }) => reject(new InvalidStateError('the server is closed')));
    while (this.#busy.size > 0) await Promise.all(this.#busy);
  }

  #next(): Promise<Place> {
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  #fill(slot: number): Promise<void> {
    const filled = this.#startIn(slot);
    this.#keepUntil(filled);
    return filled;
  }

  async #startIn(slot: number): Promise<void> {
    const startedAt = performance.now();
    const worker = await this.#start(slot);
    this.#keepUntil(new Promise((resolve) => worker.on('subprocessclose', resolve)));
    if (this.#closed) return worker.close();
    const place: Place = { slot, worker, loads: new Set() };
    this.#places.set(slot, place);
    worker.on('died', (error) => this.#died(slot, error, performance.now() - startedAt));
    this.#settle(({ resolve }) => resolve(place));
  }

  /** `close` waits for it. */
  #keepUntil(done: Promise<void>): void {
    const settled = done.catch(() => {}).finally(() => this.#busy.delete(settled));
    this.#busy.add(settled);
  }

  #died(slot: number, error: Error, age: number): void {
    this.#places.delete(slot);
    logger.error('rooms', `worker ${slot} died and will be replaced`, error);
    this.#onDied(error);
    if (age >= RESTART_DELAY) this.#replace(slot);
    else this.#replaceLater(slot);
  }

  #replace(slot: number): void {
    if (this.#closed) return;
    this.#fill(slot).catch((error) => {
      logger.error('rooms', `worker ${slot} could not be started`, error);
      this.#settle(({ reject }) => reject(error));
      this.#replaceLater(slot);
    });
  }

  #replaceLater(slot: number): void {
    if (this.#closed) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#replace(slot);
    }, RESTART_DELAY);
    this.#timers.add(timer);
  }

  #settle(settle: (waiter: Waiter) => void): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) settle(waiter);
  }
}

function leastLoaded([first, ...others]: Place[]): Place | undefined {
  return first && others.reduce((least, place) => (sum(place) < sum(least) ? place : least), first);
}

function sum({ loads }: Place): number {
  let total = 0;
  for (const { load } of loads) total += load;
  return total;
}
