import { expect, test } from '@jest/globals';
import { type Points, QualityMeter } from './quality.js';

/** What it is called each second. */
function run(points: Points[]): string {
  const meter = new QualityMeter();
  return points
    .map((each, second) => {
      meter.update(each, second * 1000);
      return meter.quality[0];
    })
    .join('');
}

const times = (count: number, points: Points) => Array<Points>(count).fill(points);

test.each<[string, Points[], string]>([
  ['it begins as excellent', [10, 9, 8], 'eee'],
  ['worse for two seconds is worse', [10, 6, 6, 6, 6], 'eeegg'],
  ['worse for a moment is not', [10, 2, 10, 2, 10, 2], 'eeeeee'],
  ['poor and good by turns, after excellent, is good', [6, 2, 6, 2, 6, 2], 'eegggg'],
  ['poor is what has fewer than five points', [4.9, 4, 4, 4], 'eepp'],
  ['better takes five seconds', [...times(3, 0), ...times(7, 10)], 'eepppppp' + 'ee'],
  ['better with a relapse takes five more', [0, 0, 0, 10, 10, 10, 0, ...times(6, 10)], 'eeppppppppppe'],
  ['better, but not all the time excellent, is good', [0, 0, 0, 10, 6, 10, 10, 10, 10], 'eeppppppg'],
  ['what is lost is lost at once, and there again at once', [10, 'lost', 'lost', 10, 10], 'ellee'],
  ['what is there again is as it is measured', ['lost', 6, 6, 6], 'lggg'],
])('%s', (_what, points, called) => {
  expect(run(points)).toBe(called);
});

test('it says when it is called otherwise, once', () => {
  const meter = new QualityMeter();
  const said = [0, 1, 2, 3, 4].map((second) => meter.update(0, second * 1000));
  expect(said).toEqual([false, false, true, false, false]);
});
