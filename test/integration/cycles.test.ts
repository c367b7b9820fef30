// The small brother of `npm run cycles`, which also judges memory.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cycle, entities, makeStage, workerCycle } from '../../scripts/cycles/entities.mjs';
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

type Mode = 'process' | 'thread';

const TIMES = 300;
/** Each makes a router, two transports and both ends of what is piped, and takes milliseconds. */
const PIPE_TIMES = 60;
const timesOf = (name: string) => (name.startsWith('pipeToRouter') ? PIPE_TIMES : TIMES);
const WORKERS = 10;
let watch: Watch;

beforeAll(() => {
  watch = watchChannels(Channel);
});

describe.each<Mode>(['process', 'thread'])('of what was made and closed over a worker %s', (mode) => {
  let worker: core.Worker;
  let control: Control;
  let stage: Awaited<ReturnType<typeof makeStage>>;

  beforeAll(async () => {
    ({ worker, control } = await startWatched(core, Control, watch, { mode }));
    stage = await makeStage(worker);
  });

  afterAll(async () => {
    const gone = new Promise<void>((resolve) => worker.once('subprocessclose', resolve));
    worker.close();
    await gone;
  });

  /** Asked in order: what was closed before is closed when the worker answers. */
  const trace = async () => ({
    held: await countsOf(control),
    known: (await worker.dump()).channelMessageHandlers.channelRequestHandlers.length,
    descriptors: descriptorsOf(worker.pid),
    ownDescriptors: descriptorsOf(process.pid),
    inFlight: watch.inFlight,
  });

  it.each(Object.keys(entities))('nothing is left after many times %s', async (name) => {
    const make = entities[name]!;
    await cycle(make, stage, 1);
    const before = await trace();

    await cycle(make, stage, timesOf(name));

    expect(await trace()).toEqual(before);
  });

  it(`nothing is left after ${WORKERS} workers`, async () => {
    await workerCycle(core, { mode });
    const before = await trace();

    for (let done = 0; done < WORKERS; done++) await workerCycle(core, { mode });

    expect(await trace()).toEqual(before);
  });
});
