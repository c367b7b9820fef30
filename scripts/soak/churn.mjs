// What happens in a soak run: every act is one thing that an application or its clients do, picked by a seed.
import { Peer } from './peer.mjs';
import { moveTo } from './stun.mjs';

const MOST_IN_FLIGHT = 50;
const FIRST_CONSUMERS = 5;
const listenInfos = [{ protocol: 'udp', ip: '127.0.0.1' }];
/** What a call may reject with when another act closed its object. */
const raceErrors = new Set(['InvalidStateError', 'NotFoundError']);

export class Churn {
  acts = 0;
  joined = 0;
  /** How many peers to have, about. */
  target = 0;
  /** Rejections that no race explains, as texts. */
  surprises = [];
  #worker;
  #router;
  #clients;
  #random;
  #peers = new Set();
  #running = new Set();
  #deck;

  constructor({ worker, router, clients, random }) {
    this.#worker = worker;
    this.#router = router;
    this.#clients = clients;
    this.#random = random;
    this.#deck = this.#shares().flatMap(([share, act]) => Array(share).fill(act));
  }

  #shares() {
    return [
      [10, () => this.#peers.size < this.target && this.#join()],
      [7, () => this.#peers.size >= this.target && this.#leave()],
      [1, () => this.#vanish()],
      [8, () => this.#toggle(this.#pick(this.#all('producers')))],
      [12, () => this.#toggle(this.#pick(this.#all('consumers')))],
      [6, () => this.#subscribeMore()],
      [4, () => this.#pick(this.#all('consumers'))?.close()],
      [1, () => this.#pick(this.#all('producers'))?.close()],
      [5, () => this.#pick(this.#all('consumers'))?.setPreferredLayers({ spatialLayer: this.#below(2) })],
      [4, () => this.#pick(this.#all('consumers'))?.requestKeyFrame()],
      [3, () => this.#restartIce()],
      [3, () => this.#pick(this.#all('transports'))?.setMaxIncomingBitrate(this.#below(2) * 500_000)],
      [4, () => this.#look()],
      [3, () => this.#neverConnect()],
      [1, () => this.#openAndCloseRouter()],
    ];
  }

  get counts() {
    const size = (what) => this.#all(what).length;
    return { peers: this.#peers.size, producers: size('producers'), consumers: size('consumers') };
  }

  /** One more act, unless the machine is too slow for those that are under way. */
  act() {
    if (this.#running.size >= MOST_IN_FLIGHT) return;
    this.acts++;
    this.#run(this.#pick(this.#deck));
  }

  /** Everybody leaves; resolves when nothing is in flight. */
  async end() {
    for (const peer of this.#peers) this.#run(() => this.#goodbye(peer));
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  #run(act, isExpected = () => false) {
    const done = (async () => act())().catch((error) => {
      if (!raceErrors.has(error.name) && !isExpected()) this.surprises.push(`${error.stack}`);
    });
    this.#running.add(done);
    done.finally(() => this.#running.delete(done));
  }

  #below(limit) {
    return Math.floor(this.#random() * limit);
  }

  #pick(list) {
    return list[this.#below(list.length)];
  }

  #all(what) {
    return [...this.#peers].flatMap((peer) => [...peer[what]]);
  }

  #join() {
    const peer = new Peer(`peer ${++this.joined}`, this.#router, this.#clients);
    this.#peers.add(peer);
    const others = this.#some(this.#all('producers'), FIRST_CONSUMERS);
    const encodings = 1 + this.#below(2);
    this.#run(
      () => Promise.all([peer.publish(encodings), peer.subscribe(others)]),
      () => peer.gone,
    );
  }

  #some(list, count) {
    return Array.from({ length: Math.min(count, list.length) }, () => this.#pick(list));
  }

  #leave() {
    const peer = this.#pick([...this.#peers]);
    if (peer) return this.#goodbye(peer);
  }

  #goodbye(peer) {
    this.#peers.delete(peer);
    return peer.leave();
  }

  #vanish() {
    return this.#pick([...this.#peers])?.vanish();
  }

  #subscribeMore() {
    const peer = this.#pick([...this.#peers].filter(({ gone }) => !gone));
    const producer = this.#pick(this.#all('producers'));
    if (peer && producer)
      this.#run(
        () => peer.subscribe([producer]),
        () => peer.gone,
      );
  }

  #toggle(entity) {
    if (entity?.paused) return entity.resume();
    return this.#random() < 0.3 ? entity?.pause() : undefined;
  }

  /** Sometimes the client uses what it gets. libdatachannel cannot; so this is somebody else, who then says no more. */
  async #restartIce() {
    const peer = this.#pick([...this.#peers].filter(({ transports }) => transports.length > 0));
    if (!peer) return;
    const transport = this.#pick(peer.transports);
    const iceParameters = await transport.restartIce();
    if (this.#random() < 0.5) return;
    peer.forsake(transport);
    const { iceCandidates } = transport;
    await moveTo({ iceParameters, iceCandidates }).catch((error) => {
      // A later restart, or the transport's end, makes them void.
      const isCurrent = transport.iceParameters.password === iceParameters.password;
      if (isCurrent && !transport.closed) throw error;
    });
  }

  #look() {
    const entity = this.#pick(this.#all(this.#pick(['transports', 'producers', 'consumers'])));
    return Promise.all([entity?.getStats(), entity?.dump(), this.#router.dump()]);
  }

  /** A client that was announced and never comes. */
  async #neverConnect() {
    const transport = await this.#router.createWebRtcTransport({ listenInfos });
    const fingerprints = [{ algorithm: 'sha-256', value: Array(32).fill('00').join(':') }];
    await transport.connect({ dtlsParameters: { role: 'client', fingerprints } });
    transport.close();
  }

  async #openAndCloseRouter() {
    const router = await this.#worker.createRouter({ mediaCodecs: [] });
    await router.createWebRtcTransport({ listenInfos });
    router.close();
  }
}
