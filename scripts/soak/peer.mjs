// One participant of a soak run: a transport that sends audio and video, one that receives some of the others, and a
// native client behind both.
import { renderAnswer, renderOffer } from '../../lib/shared/sdp/remote-sdp.js';
import { addConsumer, afterExchange, createRemoteSession } from '../../lib/shared/sdp/remote-session.js';
import { localDtlsParameters } from '../../lib/shared/sdp/remote-transport.js';
import { sendingParameters } from '../../lib/shared/sdp/sending-parameters.js';

const listenInfos = [{ protocol: 'udp', ip: '127.0.0.1' }];
const CONSUMERS_A_LIFE = 12;

let lastSsrc = 1000;
const newSsrc = () => ++lastSsrc;

/** A client keeps the server's parameters as it learnt them. */
const asNow = ({ iceParameters, iceCandidates, dtlsParameters }) => ({
  iceParameters,
  iceCandidates,
  dtlsParameters,
});

export class Peer {
  /** All that it opened and nobody has closed. */
  producers = new Set();
  consumers = new Set();
  /** Its clients have closed, or are about to. */
  gone = false;
  #router;
  #clients;
  #receiving;
  #isConnected = false;
  #isForsaken = false;
  #session;
  #consumed = 0;
  #exchange = Promise.resolve();

  constructor(name, router, clients) {
    this.name = name;
    this.#router = router;
    this.#clients = clients;
  }

  /** Publishes audio, and video in `encodings` encodings. */
  async publish(encodings) {
    const ssrcs = { audio: newSsrc(), video: Array.from({ length: encodings }, newSsrc) };
    this.sending = await this.#openTransport();
    const offer = await this.#clients.ask('publish', `${this.name} sends`, ssrcs);
    const sections = ['audio', 'video'].map((mid) => this.#section(offer, mid, [ssrcs[mid]].flat()));
    await this.#clients.ask('accept', `${this.name} sends`, renderAnswer(this.sending, offer, sections));
    await this.sending.connect({ dtlsParameters: localDtlsParameters(offer) });
    for (const rtpParameters of sections) await this.#produce(rtpParameters);
  }

  /** Whoever has left meanwhile gets none, and no client after that. */
  async #openTransport() {
    const transport = await this.#router.createWebRtcTransport({ listenInfos });
    if (!this.gone) return transport;
    transport.close();
    throw new Error(`${this.name} has left`);
  }

  #section(offer, mid, ssrcs) {
    const { rtpCapabilities } = this.#router;
    const parameters = sendingParameters({ offer, mid, routerRtpCapabilities: rtpCapabilities });
    return { ...parameters, encodings: ssrcs.map((ssrc) => ({ ssrc })) };
  }

  async #produce(rtpParameters) {
    const producer = await this.sending.produce({ kind: rtpParameters.mid, rtpParameters });
    this.producers.add(producer);
    producer.observer.on('close', () => this.producers.delete(producer));
  }

  /** Receives these too. One after the other: each is an exchange of SDP. */
  subscribe(producers) {
    this.#exchange = this.#exchange.then(() => this.#subscribe(producers));
    const done = this.#exchange;
    this.#exchange = done.catch(() => {});
    return done;
  }

  async #subscribe(producers) {
    if (this.#isForsaken) return;
    this.#receiving ??= await this.#openTransport();
    this.#session ??= createRemoteSession(asNow(this.#receiving));
    const wanted = producers.filter(({ closed }) => !closed).slice(0, CONSUMERS_A_LIFE - this.#consumed);
    if (wanted.length === 0) return;
    for (const producer of wanted) await this.#consume(producer);
    const answer = await this.#clients.ask('subscribe', `${this.name} receives`, renderOffer(this.#session));
    this.#session = afterExchange(this.#session);
    await this.#connectOnce(localDtlsParameters(answer));
  }

  /** With the first answer, which may be to a later call: the first may have found that its producers are gone. */
  async #connectOnce(dtlsParameters) {
    if (this.#isConnected) return;
    this.#isConnected = true;
    await this.#receiving.connect({ dtlsParameters });
  }

  async #consume(producer) {
    const { rtpCapabilities } = this.#router;
    const consumer = await this.#receiving.consume({ producerId: producer.id, rtpCapabilities });
    this.#consumed++;
    this.consumers.add(consumer);
    consumer.observer.on('close', () => this.consumers.delete(consumer));
    const { kind, rtpParameters, id: trackId } = consumer;
    this.#session = addConsumer(this.#session, { kind, rtpParameters, trackId });
  }

  get transports() {
    return [this.sending, this.#receiving].filter((transport) => transport && !transport.closed);
  }

  /**
   * Somebody else is about to use this transport. Its client then gets no answer to its checks of consent (RFC 7675), so it
   * closes after half a minute, and can take no more offers.
   */
  forsake(transport) {
    if (transport === this.#receiving) this.#isForsaken = true;
  }

  /** The client goes without a word; the server hears nothing. */
  async vanish() {
    this.gone = true;
    await this.#clients.ask('close', `${this.name} sends`);
    await this.#clients.ask('close', `${this.name} receives`);
  }

  /** The server closes what it has of it, in flight or not. */
  async leave() {
    this.gone = true;
    for (const transport of this.transports) transport.close();
    await this.vanish();
  }
}
