import { toErrorData } from '../../shared/signalling/errors.js';
import type {
  ClientRequestMethod,
  ClientRequests,
  EnableConsumer,
  EnableDataConsumer,
  EnabledConsumer,
  EnabledDataConsumer,
} from '../../shared/signalling/messages.js';
import type { Peer } from './peer.js';

/** What a peer's client may ask for. */
export type PeerMethod = Exclude<ClientRequestMethod, 'queryRoom' | 'join'>;

type Handler<M extends PeerMethod> = (
  peer: Peer,
  data: ClientRequests[M]['data'],
  respond: (response: ClientRequests[M]['response']) => void,
) => void | Promise<void>;

/** Each responds once, or throws. The response leaves before whatever it causes is told. */
export const PEER_REQUESTS: { [M in PeerMethod]: Handler<M> } = {
  async createTransport(peer, data, respond) {
    const transport = await peer.createTransport(data);
    respond(transport.toData());
    peer.announceTransport(transport);
  },

  async connectTransport(peer, { id, dtlsParameters }, respond) {
    await peer.requireTransport(id).connect(dtlsParameters);
    respond({});
  },

  async restartTransport(peer, { id }, respond) {
    respond({ iceParameters: await peer.requireTransport(id).restartIce() });
  },

  closeTransport(peer, { id, appData }, respond) {
    const transport = peer.requireTransport(id);
    respond({});
    transport.end('remote', appData);
  },

  async createProducer(peer, data, respond) {
    const producer = await peer.createProducer(data);
    respond({});
    peer.announceProducer(producer);
  },

  setProducerSize(peer, { id, size }, respond) {
    const producer = peer.requireProducer(id);
    respond({});
    producer.setSize(size);
  },

  closeProducer(peer, { id, appData }, respond) {
    const producer = peer.requireProducer(id);
    respond({});
    producer.end('remote', appData);
  },

  pauseProducer(peer, { id, appData }, respond) {
    const producer = peer.requireProducer(id);
    respond({});
    producer.pauseByClient(appData);
  },

  resumeProducer(peer, { id, appData }, respond) {
    const producer = peer.requireProducer(id);
    respond({});
    producer.resumeByClient(appData);
  },

  async enableConsumers(peer, { consumers }, respond) {
    const outcomes = await Promise.allSettled(consumers.map((asked) => enable(peer, asked)));
    // All states are those of now: earlier ones would arrive after newer ones.
    respond({ consumers: outcomes.map((outcome, index) => toEnabled(peer, consumers[index]!.id, outcome)) });
  },

  startConsumers(peer, { ids }, respond) {
    respond({});
    for (const id of ids) peer.getConsumerById(id)?.start();
  },

  pauseConsumer(peer, { id, appData }, respond) {
    const consumer = peer.requireConsumer(id);
    respond({});
    consumer.pauseByClient(appData);
  },

  resumeConsumer(peer, { id, appData }, respond) {
    const consumer = peer.requireConsumer(id);
    respond({});
    consumer.resumeByClient(appData);
  },

  setConsumerPreferredProfile(peer, { id, profile }, respond) {
    const consumer = peer.requireConsumer(id);
    respond({});
    consumer.setPreferredProfileByClient(profile);
  },

  setConsumerViews(peer, { views }, respond) {
    respond({});
    peer.setViews(views);
  },

  setLayout(peer, layout, respond) {
    respond({});
    peer.setLayoutByClient(layout);
  },

  requestKeyFrame(peer, { id }, respond) {
    const consumer = peer.requireConsumer(id);
    respond({});
    consumer.requestKeyFrame();
  },

  async createDataProducer(peer, data, respond) {
    const dataProducer = await peer.createDataProducer(data);
    respond({});
    void peer.announceDataProducer(dataProducer);
  },

  closeDataProducer(peer, { id }, respond) {
    const dataProducer = peer.requireDataProducer(id);
    respond({});
    dataProducer.end();
  },

  async enableDataConsumers(peer, { consumers }, respond) {
    const outcomes = await Promise.allSettled(consumers.map((asked) => enableData(peer, asked)));
    respond({ consumers: outcomes.map((outcome, index) => toEnabledData(consumers[index]!.id, outcome)) });
  },

  startDataConsumers(peer, { ids }, respond) {
    respond({});
    for (const id of ids) peer.getDataConsumer(id)?.start();
  },

  async getStats(peer, { of, id }, respond) {
    const stats = await measured(peer, of, id).getStats();
    respond({ stats: stats as Record<string, unknown>[] });
  },

  leave(peer, { appData }, respond) {
    respond({});
    peer.end('remote', appData);
  },
};

function measured(peer: Peer, of: 'transport' | 'producer' | 'consumer', id: string) {
  if (of === 'transport') return peer.requireTransport(id);
  return of === 'producer' ? peer.requireProducer(id) : peer.requireConsumer(id);
}

async function enable(peer: Peer, asked: EnableConsumer): Promise<void> {
  const transport = peer.requireTransport(asked.transportId);
  await peer.requireConsumer(asked.id).enable(transport, asked);
}

async function enableData(peer: Peer, { id, transportId }: EnableDataConsumer): Promise<number> {
  const transport = peer.requireTransport(transportId);
  return peer.requireDataConsumer(id).enable(transport);
}

function toEnabledData(id: string, outcome: PromiseSettledResult<number>): EnabledDataConsumer {
  if (outcome.status === 'rejected') return { id, ok: false, error: toErrorData(outcome.reason) };
  return { id, ok: true, streamId: outcome.value };
}

function toEnabled(peer: Peer, id: string, outcome: PromiseSettledResult<void>): EnabledConsumer {
  const consumer = peer.getConsumerById(id);
  const { rtpParameters } = consumer ?? {};
  if (outcome.status === 'rejected') return { id, ok: false, error: toErrorData(outcome.reason) };
  if (consumer && rtpParameters) return { id, ok: true, rtpParameters, ...consumer.toState() };
  const message = 'it or its transport closed in the meantime';
  return { id, ok: false, error: { name: 'InvalidStateError', message } };
}
