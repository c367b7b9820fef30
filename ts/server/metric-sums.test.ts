import { describe, expect, it } from '@jest/globals';
import { Sums, Totals } from './metric-sums.js';

describe('Sums', () => {
  it('adds up by name and labels', () => {
    const sums = new Sums({ worker: '0' });

    sums.add('bytes', { direction: 'in' }, 1);
    sums.add('bytes', { direction: 'out' }, 10);
    sums.add('bytes', { direction: 'in' }, 2);
    sums.add('routers', {}, 0);

    expect(sums.of('bytes')).toEqual([
      { labels: { worker: '0', direction: 'in' }, value: 3 },
      { labels: { worker: '0', direction: 'out' }, value: 10 },
    ]);
    expect(sums.of('routers')).toEqual([{ labels: { worker: '0' }, value: 0 }]);
    expect(sums.of('others')).toEqual([]);
  });
});

describe('Totals', () => {
  /** Each reading: what each object has counted so far; the total after each. */
  function totalsOf(readings: Record<string, number>[]) {
    const totals = new Totals<'packets'>();
    return readings.map((reading) => {
      for (const [object, packets] of Object.entries(reading)) totals.count(object, {}, { packets });
      const sums = new Sums<'packets'>();
      totals.addTo(sums);
      return sums.of('packets')[0]?.value;
    });
  }

  it('grow as their objects count', () => {
    expect(totalsOf([{ a: 5 }, { a: 5 }, { a: 8, b: 100 }])).toEqual([5, 5, 108]);
  });

  it('keep what an object counted that is gone', () => {
    expect(totalsOf([{ a: 5 }, {}, { b: 1 }])).toEqual([5, 5, 6]);
  });

  it('never fall, and count nothing twice, when a count falls', () => {
    expect(totalsOf([{ a: 5 }, { a: 3 }, { a: 6 }, { a: -1 }])).toEqual([5, 5, 6, 6]);
  });

  it('are nothing as long as there was nothing', () => {
    expect(totalsOf([{}])).toEqual([undefined]);
  });
});
