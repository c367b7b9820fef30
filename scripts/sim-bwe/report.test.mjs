import { countMet, goals, verdict } from './goals.mjs';
import { documentOf, summaryOf, tableOf } from './report.mjs';

const perfect = {
  mediaUse: 0.93,
  linkUse: 0.95,
  to90Media: 3200,
  to90Estimate: 2500,
  waitMedian: 4,
  waitP95: 60,
  overshoot: 0.08,
  queueLoss: 0.0004,
  layerChanges: 0.5,
  mostFlaps: 1,
  withoutPicture: 0,
  longestFreeze: 133,
  burstPackets: 4,
  burstShare: 0.98,
  fairness: null,
};
const result = ({ figures, ...rest } = {}) => ({
  name: 'steady-1m',
  title: 'steady 1 Mbit/s',
  steady: true,
  fastStep: false,
  hasStep: false,
  video: true,
  ...rest,
  figures: { ...perfect, ...figures },
});

const cells = (table, row) =>
  table
    .split('\n')
    [row].split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
const cellOf = (heading, one) => {
  const table = tableOf([one]);
  return cells(table, 2)[cells(table, 0).indexOf(heading)];
};

describe('a goal', () => {
  it.each([
    ['mediaUse', 0.85, 0.849],
    ['waitP95', 60, 61],
    ['queueLoss', 0.0099, 0.01],
    ['mostFlaps', 1, 2],
    ['withoutPicture', 0, 0.0001],
    ['burstShare', 1, 1.01],
  ])('%s is met at %d and not at %d', (name, good, bad) => {
    expect(verdict(name, result({ figures: { [name]: good } }))).toBe('✓');
    expect(verdict(name, result({ figures: { [name]: bad } }))).toBe('✗');
  });

  it('for the step counts where one is that large, and a step that was never followed misses it', () => {
    expect(verdict('to90Media', result())).toBe('');
    expect(verdict('to90Media', result({ fastStep: true }))).toBe('✓');
    expect(verdict('to90Media', result({ fastStep: true, figures: { to90Media: null } }))).toBe('✗');
  });

  it('for steady links does not count on others', () => {
    const moving = result({ steady: false, figures: { mediaUse: 0.1, waitP95: 999 } });
    expect([verdict('mediaUse', moving), verdict('waitP95', moving)]).toEqual(['', '']);
  });

  it('for bursts is missed while nothing is known of a rate', () => {
    expect(verdict('burstShare', result({ figures: { burstShare: null } }))).toBe('✗');
  });
});

test('goals are counted where they apply', () => {
  expect(countMet([result(), result({ video: false, figures: { queueLoss: 0.5 } })])).toEqual({
    met: 10,
    missed: 1,
  });
  expect(summaryOf([result({ figures: { queueLoss: 0.5 } })])).toBe('5 of 6 goals are met.');
});

describe('the table', () => {
  it('says a figure and whether its goal is met', () => {
    expect(cellOf('media use', result())).toBe('93 % ✓');
    expect(cellOf('media use', result({ figures: { mediaUse: 0.4 } }))).toBe('40 % ✗');
    expect(cellOf('loss caused', result())).toBe('0.04 % ✓');
    expect(cellOf('link use', result())).toBe('95 %');
  });

  it('has a dash where there is nothing to be said', () => {
    expect(cellOf('90 % after step', result())).toBe('–');
    expect(cellOf('90 % after step', result({ hasStep: true }))).toBe('3.2 s');
    expect(cellOf('90 % after step', result({ hasStep: true, figures: { to90Media: null } }))).toBe('never');
    expect(cellOf('no picture', result({ video: false }))).toBe('–');
    expect(cellOf('fairness', result())).toBe('–');
  });
});

describe('the document', () => {
  const text = documentOf([result(), result({ name: 'other', title: 'another' })]);

  it('links each scenario to its plot', () => {
    expect(text).toContain('[steady 1 Mbit/s](steady-1m.svg)');
    expect(text).toContain('[another](other.svg)');
  });

  it('explains every column and every goal', () => {
    const words = text.replace(/\s+/g, ' ');
    for (const { words: goal } of Object.values(goals)) expect(words).toContain(goal);
    const explained = text.split('## The columns')[1];
    for (const heading of cells(tableOf([result()]), 0).slice(1))
      expect(explained).toContain(heading.replace('queue p95', 'p95'));
  });
});
