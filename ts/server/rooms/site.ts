import { WorkerClosedError } from '../../shared/errors.js';
import type { RouterRtpCodecCapability } from '../../shared/rtp/rtp-parameters.js';
import type { TransportListenInfo } from '../core/listen-info.js';
import type { CoreDirectTransport, CoreRouter, CoreTransport } from './core.js';
import type { Load, Place } from './workers.js';

/** The part of a room that is on one worker. */
export class Site {
  readonly router: CoreRouter;
  readonly #listenInfos: TransportListenInfo[];
  #direct?: Promise<CoreDirectTransport>;

  constructor(router: CoreRouter, listenInfos: TransportListenInfo[]) {
    this.router = router;
    this.#listenInfos = listenInfos;
  }

  createTransport(): Promise<CoreTransport> {
    return this.router.createWebRtcTransport({ listenInfos: this.#listenInfos, enableSctp: true });
  }

  /** This program's own end of data, made when it is first needed. */
  get direct(): Promise<CoreDirectTransport> {
    this.#direct ??= this.router.createDirectTransport();
    return this.#direct;
  }
}

/** What a client sends to one site, at all others where it is wanted. */
export class Reach {
  readonly home: Site;
  readonly #what: { producerId: string } | { dataProducerId: string };
  readonly #others = new Set<Site>();

  constructor(home: Site, what: { producerId: string } | { dataProducerId: string }) {
    this.home = home;
    this.#what = what;
  }

  /** To how many other sites it goes. */
  get load(): number {
    return this.#others.size;
  }

  /** Resolves when it can be consumed there too, under the same id. The core pipes it once. */
  async to(site: Site): Promise<void> {
    if (site === this.home) return;
    await this.home.router.pipeToRouter({ ...this.#what, router: site.router });
    this.#others.add(site);
  }
}

/** One peer's place on a worker, from before it has joined until it has left. */
export class Seat implements Load {
  readonly site: Site;
  /** Once it has joined. */
  peer?: Load;
  readonly #leave: (seat: Seat) => void;
  #closed = false;

  constructor(site: Site, leave: (seat: Seat) => void) {
    this.site = site;
    this.#leave = leave;
  }

  /** It was left, or its worker is gone. */
  get closed(): boolean {
    return this.#closed;
  }

  get load(): number {
    return this.peer?.load ?? 1;
  }

  leave(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#leave(this);
  }
}

/** Where a site is being made or is, and who has a seat there. */
type Entry = { place: Place; site: Promise<Site>; seats: Set<Seat>; asked: number };

export type SiteParts = {
  mediaCodecs: RouterRtpCodecCapability[];
  maxWorkers: number;
  /** See `Workers.take()`. */
  choose(load: Load, among: Place[]): Promise<Place>;
  listenInfosOf(place: Place): TransportListenInfo[];
  /** The worker died under those who had these seats. */
  onLost(seats: Seat[]): void;
};

/** The workers that a room is on: one router each, made for the first peer there and closed after the last. */
export class Sites {
  readonly #parts: SiteParts;
  readonly #entries = new Map<Place, Entry>();

  constructor(parts: SiteParts) {
    this.#parts = parts;
  }

  /**
   * On the least loaded worker, or the least loaded of those where the room is if it may not be on more.
   *
   * @throws WorkerClosedError, InvalidStateError
   */
  async take(): Promise<Seat> {
    const reserved: Load = { load: 1 };
    const entry = await this.#enter(reserved);
    const { place } = entry;
    try {
      const seat = new Seat(await entry.site, (left) => this.#left(entry, left));
      if (this.#entries.get(place) !== entry) throw new WorkerClosedError('the worker is gone');
      entry.seats.add(seat);
      place.loads.add(seat);
      return seat;
    } finally {
      entry.asked -= 1;
      place.loads.delete(reserved);
      this.#closeIfEmpty(entry);
    }
  }

  /** All routers. The seats stay with who has them. */
  close(): void {
    for (const entry of [...this.#entries.values()]) this.#close(entry);
  }

  async #enter(load: Load): Promise<Entry> {
    const { maxWorkers, choose } = this.#parts;
    const among = () => (this.#entries.size >= maxWorkers ? [...this.#entries.keys()] : []);
    const [before, place] = [among(), await choose(load, among())];
    const now = among();
    if (before.length > 0 || now.length === 0 || now.includes(place)) return this.#enterAt(place);
    // Meanwhile others have taken the last worker that the room may have.
    place.loads.delete(load);
    return this.#enterAt(await choose(load, now));
  }

  #enterAt(place: Place): Entry {
    const entry = this.#entryOf(place);
    entry.asked += 1;
    return entry;
  }

  #entryOf(place: Place): Entry {
    const known = this.#entries.get(place);
    if (known) return known;
    const entry: Entry = { place, site: this.#make(place), seats: new Set(), asked: 0 };
    this.#entries.set(place, entry);
    entry.site.then(
      ({ router }) => router.on('workerclose', () => this.#lost(entry)),
      () => this.#entries.delete(place),
    );
    return entry;
  }

  async #make(place: Place): Promise<Site> {
    const { mediaCodecs, listenInfosOf } = this.#parts;
    return new Site(await place.worker.createRouter({ mediaCodecs }), listenInfosOf(place));
  }

  #left(entry: Entry, seat: Seat): void {
    entry.seats.delete(seat);
    entry.place.loads.delete(seat);
    this.#closeIfEmpty(entry);
  }

  #closeIfEmpty(entry: Entry): void {
    if (entry.seats.size === 0 && entry.asked === 0) this.#close(entry);
  }

  #close(entry: Entry): void {
    if (this.#entries.get(entry.place) !== entry) return;
    this.#entries.delete(entry.place);
    entry.site.then(
      ({ router }) => router.close(),
      () => {},
    );
  }

  #lost(entry: Entry): void {
    if (this.#entries.get(entry.place) !== entry) return;
    this.#entries.delete(entry.place);
    const seats = [...entry.seats];
    this.#parts.onLost(seats);
    for (const seat of seats) seat.leave();
  }
}
