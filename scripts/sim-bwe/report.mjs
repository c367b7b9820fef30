// The figures of all scenarios as a table, and the document around it.
import { markdown } from '../../bench/report.mjs';
import { countMet, goals, verdict } from './goals.mjs';

const percent = (share, digits = 0) => `${(share * 100).toFixed(digits)} %`;
const seconds = (milliseconds) => (milliseconds === null ? 'never' : `${(milliseconds / 1000).toFixed(1)} s`);
const known = (value, words) => (value === null ? '–' : words(value));

/** Each column: its heading, the figure whose goal it shows, and what stands in a row. */
const columns = [
  ['media use', 'mediaUse', ({ mediaUse }) => percent(mediaUse)],
  ['link use', '', ({ linkUse }) => percent(linkUse)],
  ['90 % after step', 'to90Media', ({ to90Media }, { hasStep }) => (hasStep ? seconds(to90Media) : '–')],
  ['estimate there', '', ({ to90Estimate }, { hasStep }) => (hasStep ? seconds(to90Estimate) : '–')],
  ['queue p50', '', ({ waitMedian }) => `${waitMedian} ms`],
  ['queue p95', 'waitP95', ({ waitP95 }) => `${waitP95} ms`],
  ['overshoot', '', ({ overshoot }) => percent(overshoot)],
  ['loss caused', 'queueLoss', ({ queueLoss }) => percent(queueLoss, 2)],
  ['layer changes', '', ({ layerChanges }) => layerChanges.toFixed(1)],
  ['flaps', 'mostFlaps', ({ mostFlaps }) => `${mostFlaps}`],
  [
    'no picture',
    'withoutPicture',
    ({ withoutPicture }, { video }) => (video ? percent(withoutPicture, 2) : '–'),
  ],
  ['longest gap', '', ({ longestFreeze }, { video }) => (video ? seconds(longestFreeze) : '–')],
  ['burst', '', ({ burstPackets }) => `${burstPackets}`],
  ['of budget', 'burstShare', ({ burstShare }) => known(burstShare, (share) => share.toFixed(2))],
  ['fairness', '', ({ fairness }) => known(fairness, (index) => index.toFixed(2))],
];

const cellOf = ([, goal, words], result) =>
  `${words(result.figures, result)} ${verdict(goal, result)}`.trim();

export function tableOf(results, nameOf = ({ title }) => title) {
  const rows = results.map((result) => [nameOf(result), ...columns.map((column) => cellOf(column, result))]);
  return markdown([['scenario', ...columns.map(([heading]) => heading)], ...rows]);
}

export function summaryOf(results) {
  const { met, missed } = countMet(results);
  return `${met} of ${met + missed} goals are met.`;
}

/** docs/bwe/README.md. */
export const documentOf = (results) => `# Congestion control, simulated

\`npm run sim:bwe\` writes this page and its plots. It runs whole calls through the worker's core, with ICE, DTLS and SRTP in
earnest, over networks that are too narrow (\`worker/sim/bwe\`). Time is simulated and all that is random has a seed: two runs
of the same code give the same bytes. \`npm run sim:bwe -- tcp step-up\` runs these two alone, prints their rows, and leaves their
plots in \`build/sim-bwe\`.

${summaryOf(results)}

${tableOf(results, ({ name, title }) => `[${title}](${name}.svg)`)}

✓ and ✗: the goal for this figure is met, or is not. A figure without either has no goal in this scenario.

## The scenarios

They are data: \`worker/sim/bwe/scenarios.cpp\`. Unless the title says otherwise, a link has a propagation delay of 50 ms each way
and a queue of 300 ms with tail drop, and nothing else is lost. Participants publish VP8 in three encodings (100, 300 and
1500 kbit/s), each with three temporal layers, and one of them speaks (50 packets a second). Frames vary in size as an encoder's
do, key frames are five to eight times as large (\`worker/sim/encoder.hpp\`). One transport receives all of them: two participants
at 300 kbit/s, five at 3 Mbit/s, so that more is wanted than the link carries and some choice of layers comes near its rate. For the
step up, and where several transports share a link, the encodings are 50, 170 and 500 kbit/s: there a choice is near each rate.

The cases of RFC 8867 are those of its section 5, all of which have one bottleneck, with the RFC's capacities, delays, jitter and
times. Its media, 150 kbit/s to 1.5 Mbit/s and a voice, are three pictures of 50, 170 and 500 kbit/s here. The backward
flow of 5.3 is another receiver, behind the other direction of the same link. The flows of a scenario receive the same producers.
Section 6 (priorities, ECN, several bottlenecks) is left out.

TCP is Reno with selective acknowledgements (\`worker/sim/tcp_flow.hpp\`).

## The columns

All is measured at the receiving peers. Rates and sizes are of UDP payloads.

- **media use** (goal: ${goals.mediaUse.words} on steady links): bytes of media that were new to the receiver (without duplicates and
  padding), of the most that whole layers within the link's rate would come to. What layers take is measured, key frames and headers
  included. Beside TCP it is the share of what a fair division would give: the link's rate over the number of long flows, less what
  short ones took. From 10 s on; where flows begin one after the other, from when all have had time.
- **link use**: all RTP that arrived, padding and repetitions included, of the link's rate (beside TCP: of the same share).
- **90 % after step** (goal: ${goals.to90Media.words}): from when the capacity grew until the media of the last second come to 90 % of
  the most that whole layers would. **estimate there**: until the core's own estimate says 90 % of the capacity.
- **queue p50, p95** (goal for p95: ${goals.waitP95.words}): how long datagrams waited in the bottleneck before their own transmission
  began. From the same moment on as media use.
- **overshoot**: the most that was sent within a second, beyond the capacity, from the start; not in the 3 s after the capacity fell.
- **loss caused** (goal: ${goals.queueLoss.words}): of what was sent, the share that the bottleneck dropped, over the whole run.
- **layer changes**: a minute and picture, temporal layers included. **flaps** (goal: ${goals.mostFlaps.words}): the most changes of one
  picture within 10 s that took the last one back, as a step up that is lost again. Both from the same moment on as media use.
- **no picture** (goal: ${goals.withoutPicture.words}): the share of time in which the newest decodable frame is older than 500 ms, of
  all pictures together, from when the receiver asked for them. A frame is decodable when all its packets came and the frame that it
  refers to was decodable (\`worker/sim/decoder.hpp\`). **longest gap**: between two decodable frames of one picture.
- **burst**: packets of one transport within a millisecond, p99. **of budget** (goal:
  ${goals.burstShare.words}): bytes besides the burst's largest packet, of what its pacer then gives in a slot, p99: a slot's
  budget is rounded up to a whole packet.
- **fairness**: Jain's index of the rates that arrive, long TCP flows included, while all are active: 1 when all are equal, 1/n when
  one has everything.

## The plots

Above, the rates: the capacity in black (grey dots: of the other direction), what the core sends on each transport in a colour, the
estimate dashed in the same colour, all TCP together in grey. What goes beyond the frame is cut off. In the middle, the longest
wait in the bottleneck's queue in each interval. Below, what each picture of the first transport is sent in: the steps are the
encodings, a third of a step is a temporal layer.
`;
