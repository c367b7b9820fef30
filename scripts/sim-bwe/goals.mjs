// What is asked of congestion control, and of which scenarios.

const always = () => true;
const steady = ({ steady }) => steady;

/** Each: a figure's name, where the goal applies, whether the figure meets it, and the goal in words. */
export const goals = {
  mediaUse: { applies: steady, met: (use) => use >= 0.85, words: '≥ 85 %' },
  to90Media: {
    applies: ({ fastStep }) => fastStep,
    met: (time) => time !== null && time <= 5000,
    words: '≤ 5 s from 500 kbit/s to 2.5 Mbit/s',
  },
  waitP95: { applies: steady, met: (wait) => wait <= 60, words: '≤ 60 ms on steady links' },
  queueLoss: { applies: always, met: (loss) => loss < 0.01, words: '< 1 %' },
  mostFlaps: { applies: steady, met: (flaps) => flaps <= 1, words: 'one in 10 s on steady links' },
  withoutPicture: { applies: ({ video }) => video, met: (share) => share === 0, words: '0' },
  burstShare: { applies: always, met: (share) => share !== null && share <= 1, words: '≤ 1' },
};

/** '' where the goal does not apply, else ✓ or ✗. */
export function verdict(name, result) {
  const goal = goals[name];
  if (!goal?.applies(result)) return '';
  return goal.met(result.figures[name]) ? '✓' : '✗';
}

export function countMet(results) {
  const verdicts = results.flatMap((result) => Object.keys(goals).map((name) => verdict(name, result)));
  const met = verdicts.filter((each) => each === '✓').length;
  return { met, missed: verdicts.filter((each) => each === '✗').length };
}
