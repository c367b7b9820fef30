import { jest } from '@jest/globals';
import { FakeWorker } from '../../../test/harness/fake-core.js';
import { InvalidStateError } from '../../shared/errors.js';
import { Workers } from './workers.js';

const ONE = { load: 1 };
const FAKE = { doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] as const };

async function start(count: number) {
  const started: FakeWorker[] = [];
  const died: string[] = [];
  let broken = false;
  const startOne = async () => {
    if (broken) throw new Error('no such program');
    const worker = new FakeWorker();
    started.push(worker);
    return worker;
  };
  const workers = await Workers.start(count, startOne, ({ message }) => died.push(message));
  return { workers, started, died, breakDown: (is: boolean) => (broken = is) };
}

async function settle(): Promise<void> {
  for (let task = 0; task < 5; task++) await new Promise(setImmediate);
}

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: [...FAKE.doNotFake] });
});

afterEach(() => {
  jest.useRealTimers();
});

test('the least loaded worker is taken', async () => {
  const { workers } = await start(3);
  const taken: number[] = [];
  for (const load of [5, 1, 3, 1, 1]) {
    taken.push((await workers.take({ load })).slot);
  }
  expect(taken).toEqual([0, 1, 2, 1, 1]);
});

test('a worker that dies is replaced in its slot, without its loads', async () => {
  const { workers, started, died } = await start(2);
  await workers.take({ load: 9 });
  jest.advanceTimersByTime(1_000);
  started[0]!.die();
  expect([workers.size, died]).toEqual([1, ['signal SIGKILL']]);
  await settle();
  expect([workers.size, started.length]).toEqual([2, 3]);
  const places = await Promise.all([workers.take(ONE), workers.take(ONE)]);
  expect(places.map(({ slot }) => slot).sort()).toEqual([0, 1]);
});

test('one that dies young is not replaced at once', async () => {
  const { workers, started } = await start(1);
  started[0]!.die();
  await settle();
  expect(workers.size).toBe(0);
  jest.advanceTimersByTime(999);
  await settle();
  expect(started).toHaveLength(1);
  jest.advanceTimersByTime(1);
  await settle();
  expect(workers.size).toBe(1);
});

test('whoever needs a worker waits for the next one', async () => {
  const { workers, started } = await start(1);
  started[0]!.die();
  const taking = workers.take(ONE);
  jest.advanceTimersByTime(1_000);
  expect((await taking).worker).toBe(started[1]);
});

test('a replacement that does not start is told to who waits, and tried again', async () => {
  const { workers, started, breakDown } = await start(1);
  jest.advanceTimersByTime(1_000);
  breakDown(true);
  started[0]!.die();
  await expect(workers.take(ONE)).rejects.toThrow('no such program');
  breakDown(false);
  jest.advanceTimersByTime(1_000);
  expect((await workers.take(ONE)).worker).toBe(started[1]);
});

test('if one does not start at first, none stays', async () => {
  const started: FakeWorker[] = [];
  const startOne = async (slot: number) => {
    if (slot === 1) throw new Error('no such program');
    started.push(new FakeWorker());
    return started.at(-1)!;
  };
  await expect(Workers.start(3, startOne, () => {})).rejects.toThrow('no such program');
  expect(started.map(({ closed }) => closed)).toEqual([true, true]);
});

test('closing waits until all are gone, also those that were starting', async () => {
  const { workers, started } = await start(2);
  jest.advanceTimersByTime(1_000);
  started[0]!.die();
  const gone: number[] = [];
  await workers.close();
  started.forEach((worker, index) => {
    if (worker.closed) gone.push(index);
  });
  expect(gone).toEqual([0, 1, 2]);
  await expect(workers.take(ONE)).rejects.toThrow(InvalidStateError);
});

test('after closing nothing is replaced, and who waits is refused', async () => {
  const { workers, started } = await start(1);
  started[0]!.die();
  const taking = expect(workers.take(ONE)).rejects.toThrow(InvalidStateError);
  await workers.close();
  await taking;
  jest.advanceTimersByTime(10_000);
  await settle();
  expect(started).toHaveLength(1);
});
