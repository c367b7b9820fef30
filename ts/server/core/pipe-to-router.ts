import { InvalidStateError, NotFoundError } from '../../shared/errors.js';
import { asBoolean } from '../../shared/rtp/fields.js';
import type { Consumer } from './consumer.js';
import type { DataConsumer } from './data-consumer.js';
import type { DataProducer } from './data-producer.js';
import { type AppData, appDataOf } from './entity.js';
import { asId } from './id.js';
import { readUdpListenInfo, type TransportListenInfo, type TransportListenIp } from './listen-info.js';
import type { PipeTransport, PipeTransportOptions } from './pipe-transport.js';
import type { Producer } from './producer.js';
import type { Router } from './router.js';
import { readSctpOptions, type SctpOptions } from './sctp.js';
import type { RouterLink } from './transport.js';

/** `enableSctp` is true here unless it is given. */
export type PipeToRouterOptions = SctpOptions & {
  /** Of this router. Exactly one of this and `dataProducerId` is required. */
  producerId?: string;
  dataProducerId?: string;
  /** Where it is to be consumed too. */
  router: Router;
  /** It has the same id there, which takes another worker. Default true. */
  keepId?: boolean;
  /** Of both ends. Default { protocol: 'udp', ip: '127.0.0.1' }. */
  listenInfo?: TransportListenInfo;
  /** The old form. */
  listenIp?: TransportListenIp | string;
  /** Default false. */
  enableRtx?: boolean;
  /** Default false. */
  enableSrtp?: boolean;
};

/** The two ends of what was piped: the consumer in this router, the producer in the other. */
export type PipeToRouterResult = {
  pipeConsumer?: Consumer;
  pipeProducer?: Producer;
  pipeDataConsumer?: DataConsumer;
  pipeDataProducer?: DataProducer;
};

/** What a pipe needs of the router at its end. */
export type PipeSide = {
  readonly link: RouterLink;
  /** By the other router and the options: see `pairKey`. */
  readonly pairs: Map<string, Promise<PipePair>>;
  createPipeTransport(options: PipeTransportOptions): Promise<PipeTransport>;
};

/** Two connected pipe transports, and what went from the first to the second. */
type PipePair = {
  near: PipeTransport;
  far: PipeTransport;
  piped: Map<string, Promise<PipeToRouterResult>>;
};

type NearEnd = Consumer | DataConsumer;
type FarEnd = Producer | DataProducer;

const DEFAULT_LISTEN_INFO: TransportListenInfo = { protocol: 'udp', ip: '127.0.0.1' };

/** Does what `router.pipeToRouter()` promises. */
export async function pipeToRouter(
  from: PipeSide,
  to: PipeSide,
  fields: Record<string, unknown>,
): Promise<PipeToRouterResult> {
  const what = readWhat(fields);
  const keepId = asBoolean(fields.keepId ?? true, 'keepId');
  const wanted = readWanted(fields);
  requireDifferent(from, to, keepId);
  from.link.scope.requireOpen();
  to.link.scope.requireOpen();
  const source = (what.isData ? from.link.dataProducers : from.link.producers).get(what.id);
  if (!source) throw new NotFoundError(`${what.name} '${what.id}' is not in the router`);
  if (what.isData && !wanted.options.enableSctp) throw new TypeError('enableSctp must be true to pipe data');
  const pair = await pairOf(from, to, wanted);
  return pipe(pair, { ...what, keepId, appData: appDataOf(source.scope) });
}

type What = { name: string; id: string; isData: boolean };
type Piping = What & { keepId: boolean; appData?: AppData };

function readWhat({ producerId, dataProducerId }: Record<string, unknown>): What {
  if ((producerId === undefined) === (dataProducerId === undefined)) {
    throw new TypeError('options must have exactly one of producerId, dataProducerId');
  }
  const isData = producerId === undefined;
  const name = isData ? 'dataProducerId' : 'producerId';
  return { name, id: asId(isData ? dataProducerId : producerId, name), isData };
}

/** What both transports are asked for, and what tells whether a pair that exists is like that. */
type Wanted = { options: PipeTransportOptions; key: unknown[] };

function readWanted(fields: Record<string, unknown>): Wanted {
  const { producerId: _, dataProducerId: __, router: ___, keepId: ____, listenIp, ...options } = fields;
  const listenInfo = readUdpListenInfo({
    listenIp,
    listenInfo: options.listenInfo ?? (listenIp === undefined ? DEFAULT_LISTEN_INFO : undefined),
  });
  const sctp = readSctpOptions(fields, true);
  const enableRtx = asBoolean(options.enableRtx ?? false, 'enableRtx');
  const enableSrtp = asBoolean(options.enableSrtp ?? false, 'enableSrtp');
  return {
    options: { ...options, listenInfo, enableSctp: sctp !== undefined, enableRtx, enableSrtp },
    key: [listenInfo, sctp, enableRtx, enableSrtp],
  };
}

function requireDifferent(from: PipeSide, to: PipeSide, keepId: boolean): void {
  if (from === to) throw new TypeError('router must be another router');
  if (keepId && from.link.scope.parent === to.link.scope.parent) {
    throw new TypeError('keepId must be false: both routers are of one worker, where an id names one object');
  }
}

/** Of two routers and one set of options there is one pair, whichever of them asked first. */
function pairOf(from: PipeSide, to: PipeSide, { options, key }: Wanted): Promise<PipePair> {
  const [there, back] = [pairKey(to, key), pairKey(from, key)];
  const known = from.pairs.get(there);
  if (known) return known;
  const pair = makePair(from, to, options);
  const reversed = pair.then(({ near, far }) => ({ near: far, far: near, piped: new Map() }));
  from.pairs.set(there, pair);
  to.pairs.set(back, reversed);
  const forget = () => {
    forgetIn(from.pairs, there, pair);
    forgetIn(to.pairs, back, reversed);
  };
  reversed.then(({ near, far }) => joinEnds(near, far, forget), forget);
  return pair;
}

function pairKey({ link }: PipeSide, key: unknown[]): string {
  return JSON.stringify([link.scope.id, ...key]);
}

async function makePair(from: PipeSide, to: PipeSide, options: PipeTransportOptions): Promise<PipePair> {
  const made = await Promise.allSettled([from.createPipeTransport(options), to.createPipeTransport(options)]);
  const transports = made.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  try {
    const [near, far] = transports;
    if (!near || !far) throw made.find((one) => one.status === 'rejected')?.reason;
    await Promise.all([near.connect(addressOf(far)), far.connect(addressOf(near))]);
    return { near, far, piped: new Map() };
  } catch (error) {
    for (const transport of transports) transport.close();
    throw error;
  }
}

function addressOf({ tuple, srtpParameters }: PipeTransport) {
  return { ip: tuple.localAddress, port: tuple.localPort, ...(srtpParameters && { srtpParameters }) };
}

/** One end does not outlive the other. */
function joinEnds(one: Closable, other: Closable, then: () => void): void {
  for (const [end, rest] of [
    [one, other],
    [other, one],
  ] as const) {
    const close = () => {
      rest.close();
      then();
    };
    if (end.closed) close();
    else (end.observer as ClosableObserver).once('close', close);
  }
}

type ClosableObserver = { once(event: 'close', listener: () => void): unknown };
type Closable = { readonly closed: boolean; readonly observer: unknown; close(): void };

/** At once in `piped`, so that nobody who asks meanwhile pipes it again; out of it when it is closed or failed. */
function pipe(pair: PipePair, piping: Piping): Promise<PipeToRouterResult> {
  const key = JSON.stringify([piping.name, piping.id, piping.keepId]);
  const known = pair.piped.get(key);
  if (known) return known;
  const forget = () => forgetIn(pair.piped, key, result);
  const result = (piping.isData ? pipeData : pipeMedia)(pair, piping, forget);
  pair.piped.set(key, result);
  result.catch(forget);
  return result;
}

/** Unless somebody has taken its place. */
function forgetIn<T>(map: Map<string, T>, key: string, value: T): void {
  if (map.get(key) === value) map.delete(key);
}

async function pipeMedia(
  { near, far }: PipePair,
  { id, keepId, appData }: Piping,
  forget: () => void,
): Promise<PipeToRouterResult> {
  const pipeConsumer = await near.consume({ producerId: id });
  const { kind, rtpParameters } = pipeConsumer;
  const pipeProducer = await couple(
    pipeConsumer,
    () => pipeConsumer.paused || pipeConsumer.producerPaused,
    (paused) => far.produce({ ...(keepId && { id }), kind, rtpParameters, paused, appData }),
    forget,
  );
  return { pipeConsumer, pipeProducer };
}

async function pipeData(
  { near, far }: PipePair,
  { id, keepId, appData }: Piping,
  forget: () => void,
): Promise<PipeToRouterResult> {
  const pipeDataConsumer = await near.consumeData({ dataProducerId: id });
  const { sctpStreamParameters, label, protocol } = pipeDataConsumer;
  const pipeDataProducer = await couple(
    pipeDataConsumer,
    () => pipeDataConsumer.paused || pipeDataConsumer.dataProducerPaused,
    (paused) =>
      far.produceData({ ...(keepId && { id }), sctpStreamParameters, label, protocol, paused, appData }),
    forget,
  );
  return { pipeDataConsumer, pipeDataProducer };
}

/** Makes the far end, which from then on is closed and paused as the near one is, and closes the near one with it. */
async function couple<F extends FarEnd>(
  near: NearEnd,
  isPaused: () => boolean,
  produce: (paused: boolean) => Promise<F>,
  forget: () => void,
): Promise<F> {
  const told = isPaused();
  let far: F;
  try {
    far = await produce(told);
  } catch (error) {
    near.close();
    throw error;
  }
  joinEnds(near, far, forget);
  if (near.closed) throw new InvalidStateError('the producer is closed');
  // If it is closed meanwhile there is nothing to pause.
  const follow = () => (isPaused() ? far.pause() : far.resume()).catch(() => {});
  const observer = near.observer as { on(event: 'pause' | 'resume', listener: () => void): unknown };
  observer.on('pause', follow);
  observer.on('resume', follow);
  if (isPaused() !== told) follow();
  return far;
}
