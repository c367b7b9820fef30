import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { Demand } from './demand.js';

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

type Row = [second: number, wanted: number];

/** What it says, and when, while `wants` come: '5: 1' is one layer after five seconds. */
function run(wants: Row[], seconds = 30): string[] {
  const said: string[] = [];
  let now = 0;
  const demand = new Demand(3, (layers) => said.push(`${now}: ${layers}`));
  for (; now <= seconds; now += 1) {
    if (now > 0) jest.advanceTimersByTime(1000);
    for (const [at, wanted] of wants) if (at === now) demand.want(wanted);
  }
  demand.close();
  return said;
}

test.each<[string, Row[], string[]]>([
  ['at first all are wanted, until somebody says less', [], []],
  ['what nobody wants is given up after five seconds', [[0, 1]], ['5: 1']],
  ['nobody watching is no layer', [[0, 0]], ['5: 0']],
  [
    'what is wanted again is so at once',
    [
      [0, 1],
      [10, 3],
    ],
    ['5: 1', '10: 3'],
  ],
  [
    'who turns away for a moment changes nothing',
    [
      [0, 1],
      [3, 3],
    ],
    [],
  ],
  [
    'what was wanted during the hold is held in turn',
    [
      [0, 0],
      [4, 2],
      [5, 1],
    ],
    ['5: 2', '10: 1'],
  ],
  [
    'who turns away time and again keeps it',
    [
      [0, 0],
      [4, 3],
      [6, 0],
      [10, 3],
      [12, 0],
    ],
    ['17: 0'],
  ],
  [
    'less and less is one step',
    [
      [0, 2],
      [1, 1],
      [2, 0],
    ],
    ['5: 2', '10: 0'],
  ],
  [
    'the same again is no news',
    [
      [0, 1],
      [7, 1],
      [9, 1],
    ],
    ['5: 1'],
  ],
])('%s', (_what, wants, said) => {
  expect(run(wants)).toEqual(said);
});

test('once closed it says nothing more', () => {
  const said: number[] = [];
  const demand = new Demand(3, (layers) => said.push(layers));
  demand.want(0);
  demand.close();
  jest.advanceTimersByTime(60_000);
  expect(said).toEqual([]);
});
