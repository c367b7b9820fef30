// CONSOMME_SEEDS=100 runs the seeds 1 to 100, CONSOMME_SEEDS=7-7 the seed 7. A seed fixes what is done; when the worker
// answers is its own affair.
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  countsOf,
  descriptorsOf,
  startWatched,
  type Watch,
  watchChannels,
} from '../../scripts/cycles/watch.mjs';
import { Channel } from '../../ts/server/core/channel.js';
import * as core from '../../ts/server/core/index.js';
import { Control } from '../../ts/shared/channel/messages.gen.js';
import { Chaos } from '../harness/chaos.js';
import { waitUntil } from '../harness/wait.js';

type Mode = 'process' | 'thread';
type Watched = { worker: core.Worker; control: Control };

const ACTS = 1500;
const REQUEST_TIMEOUT = 10_000;
/** Of all acts: while things are made, and at the end. */
const CLOSES = 0.05;
const MANY_CLOSES = 0.3;

/** What may be said to a caller whose object, or another that it needs, is closed at that moment. */
const allowed: Record<string, RegExp> = {
  InvalidStateError:
    /^the (router|transport|producer|consumer|dataproducer|dataconsumer|rtpobserver|webRtcServer) is closed$|^connect\(\) was called already$/,
  WorkerClosedError:
    /^worker \d+ died: signal SIGKILL$|^the worker is (closed|gone)$|^the channel to the worker broke/,
  NotFoundError: /^(producerId|dataProducerId) '[0-9a-f-]+' is (no (data )?producer of|not in) the router$/,
  UnsupportedError: /^(send|set\w+Bitrate)\(\) is (for (data )?producers of|not for) direct transports$/,
  /** Of the acts: a producer that is piped to two routers of one worker under its own id. */
  TypeError: /^id '[0-9a-f-]+' is in use$/,
  Error: /^the SCTP association is not connected$/,
};

let watch: Watch;
let running: core.Worker[] = [];

beforeAll(() => {
  watch = watchChannels(Channel);
});

const gone = async (worker: core.Worker) =>
  worker.subprocessClosed || new Promise<void>((resolve) => worker.once('subprocessclose', resolve));

afterEach(async () => {
  for (const worker of running) worker.close();
  await Promise.all(running.map(gone));
  running = [];
});

async function start(mode: Mode): Promise<Watched> {
  const settings = { mode, requestTimeout: REQUEST_TIMEOUT };
  const watched = await startWatched(core, Control, watch, settings);
  running.push(watched.worker);
  return watched;
}

const kill = ({ worker }: Watched) => process.kill(worker.pid, 'SIGKILL');

const ids = (objects: { id: string }[]) => objects.map(({ id }) => id).sort();

/** As the controller has it, and as the worker has it. */
async function bothSidesOf({ worker, control }: Watched, chaos: Chaos) {
  const routers = chaos.openIn(worker, 'router');
  const dump = await worker.dump();
  const ours: unknown[] = [ids(routers), ids(chaos.openIn(worker, 'server'))];
  const theirs: unknown[] = [dump.routerIds.sort(), dump.webRtcServerIds.sort()];
  const counts = { routers: routers.length, transports: 0, producers: 0, consumers: 0 };
  const more = { dataProducers: 0, dataConsumers: 0, rtpObservers: 0 };
  for (const router of routers) {
    const families = ['webrtc', 'plain', 'pipe', 'direct'] as const;
    const transports = families.flatMap((family): core.Transport[] => chaos.openIn(router, family));
    const observers = chaos.openIn(router, 'rtpObserver');
    const { transportIds, rtpObserverIds } = await router.dump();
    ours.push([ids(transports), ids(observers)]);
    theirs.push([transportIds.sort(), rtpObserverIds.sort()]);
    counts.transports += transports.length;
    more.rtpObservers += observers.length;
    for (const transport of transports) {
      const children = (['producer', 'consumer', 'dataProducer', 'dataConsumer'] as const).map((family) =>
        ids(chaos.openIn(transport, family)),
      );
      const { producerIds, consumerIds, dataProducerIds, dataConsumerIds } = await transport.dump();
      ours.push(children);
      theirs.push([producerIds, consumerIds, dataProducerIds, dataConsumerIds].map((list) => list.sort()));
      const [producers, consumers, dataProducers, dataConsumers] = children.map(({ length }) => length);
      counts.producers += producers!;
      counts.consumers += consumers!;
      more.dataProducers += dataProducers!;
      more.dataConsumers += dataConsumers!;
    }
  }
  const { packetsInUse: _, ...held } = await countsOf(control);
  return { ours: [...ours, { ...counts, ...more }], theirs: [...theirs, held] };
}

function unexpected(chaos: Chaos): string[] {
  return chaos.outcomes.flatMap(({ what, error }) => {
    if (!error || allowed[error.name]?.test(error.message)) return [];
    return [`${what}: ${error.stack}`];
  });
}

function seedsOf(text: string): number[] {
  const [first = 1, last = first] = text.split('-').map(Number);
  const [from, to] = text.includes('-') ? [first, last] : [1, first];
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

const seeds = seedsOf(process.env['CONSOMME_SEEDS'] ?? '6');
const cases = (['process', 'thread'] as const).flatMap((mode) => seeds.map((seed) => [mode, seed] as const));

describe('when anything is closed at any moment', () => {
  it.each(cases)(
    'every call settles and both sides agree, over a worker %s with seed %i',
    async (mode, seed) => {
      const workers = [await start(mode), await start(mode)] as const;
      const chaos = new Chaos(
        seed,
        workers.map(({ worker }) => worker),
      );
      const isKilled = mode === 'process' && seed % 3 === 0;

      await chaos.run(ACTS, CLOSES);
      if (isKilled) kill(workers[1]);
      await chaos.run(ACTS / 10, MANY_CLOSES);

      await waitUntil(
        () => chaos.pending().length === 0,
        REQUEST_TIMEOUT,
        () => `pending: ${chaos.pending().join(', ')}`,
      );
      if (isKilled) await gone(workers[1].worker);
      expect(unexpected(chaos)).toEqual([]);
      expect(workers.map(({ worker }) => worker.died)).toEqual([false, isKilled]);
      for (const watched of workers.filter(({ worker }) => !worker.closed)) {
        const { ours, theirs } = await bothSidesOf(watched, chaos);
        expect(theirs).toEqual(ours);
      }
      if (isKilled) expect(chaos.openIn(workers[1].worker, 'router')).toEqual([]);
      expect(watch.inFlight).toBe(0);
    },
  );
});

describe('when everything is closed after that', () => {
  it.each<Mode>(['process', 'thread'])('nothing is left in a worker %s', async (mode) => {
    const watched = await start(mode);
    const { worker, control } = watched;
    // Makes the socket that transports share, which stays.
    await (await worker.createRouter()).createWebRtcTransport({
      listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }],
    });
    const descriptors = descriptorsOf(worker.pid)!;
    const chaos = new Chaos(1, [worker]);
    await chaos.run(ACTS, CLOSES);
    await waitUntil(
      () => chaos.pending().length === 0,
      REQUEST_TIMEOUT,
      () => `pending: ${chaos.pending().join(', ')}`,
    );

    for (const object of [...chaos.open('router'), ...chaos.open('server')]) object.close();

    expect(await countsOf(control)).toMatchObject({
      ...{ routers: 1, transports: 1, producers: 0, consumers: 0 },
      ...{ dataProducers: 0, dataConsumers: 0, rtpObservers: 0 },
    });
    expect(descriptorsOf(worker.pid)).toBe(descriptors);
    expect((await worker.dump()).channelMessageHandlers.channelRequestHandlers).toHaveLength(2);
  });
});
