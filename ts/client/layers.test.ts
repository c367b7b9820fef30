import { expect, test } from '@jest/globals';
import type { Encoding } from './encodings.js';
import { sendLayers } from './layers.js';

/** A sender as it was made, and the parameters that it is set, in order. */
function fakeSender(encodings: Encoding[]) {
  const set: Encoding[][] = [];
  let current = encodings.map((encoding) => ({ active: true, ...encoding }));
  const sender = {
    getParameters: () => ({ transactionId: 't', encodings: current.map((encoding) => ({ ...encoding })) }),
    async setParameters(parameters: { transactionId: string; encodings: typeof current }) {
      if (parameters.transactionId !== 't') throw new TypeError('InvalidModificationError');
      current = parameters.encodings;
      set.push(current);
    },
  };
  return { sender: sender as unknown as RTCRtpSender, set };
}

const simulcast = [
  { rid: 'q', maxBitrate: 1 },
  { rid: 'h', maxBitrate: 2 },
  { rid: 'f', maxBitrate: 3 },
];

test.each([
  [0, [false, false, false]],
  [1, [true, false, false]],
  [2, [true, true, false]],
])('of simulcast %d layers are active, and nothing else changes', async (layers, active) => {
  const { sender, set } = fakeSender(simulcast);
  await sendLayers(sender, simulcast, layers);
  expect(set).toEqual([simulcast.map((encoding, index) => ({ ...encoding, active: active[index] }))]);
});

test('nothing is set when it is so already', async () => {
  const { sender, set } = fakeSender(simulcast);
  await sendLayers(sender, simulcast, 3);
  await sendLayers(sender, simulcast, 1);
  await sendLayers(sender, simulcast, 1);
  expect(set).toHaveLength(1);
});

test('what the application has switched off stays off', async () => {
  const original = simulcast.map((encoding, index) => ({ ...encoding, active: index !== 1 }));
  const { sender, set } = fakeSender(original);
  await sendLayers(sender, original, 0);
  await sendLayers(sender, original, 3);
  expect(set.at(-1)!.map(({ active }) => active)).toEqual([true, false, true]);
});

test('a single encoding is on or off', async () => {
  const { sender, set } = fakeSender([{}]);
  await sendLayers(sender, [{}], 0);
  await sendLayers(sender, [{}], 1);
  expect(set).toEqual([[{ active: false }], [{ active: true }]]);
});

test('of SVC the mode has fewer layers, of a smaller picture', async () => {
  const original = [{ scalabilityMode: 'L3T3_KEY', maxBitrate: 1_000_000 }];
  const { sender, set } = fakeSender(original);
  for (const layers of [2, 1, 0, 3]) await sendLayers(sender, original, layers);
  expect(set).toEqual([
    [{ active: true, scalabilityMode: 'L2T3_KEY', scaleResolutionDownBy: 2, maxBitrate: 350_000 }],
    [{ active: true, scalabilityMode: 'L1T3', scaleResolutionDownBy: 4, maxBitrate: 122_500 }],
    [{ active: false, scalabilityMode: 'L1T3', scaleResolutionDownBy: 4, maxBitrate: 122_500 }],
    [{ active: true, scalabilityMode: 'L3T3_KEY', scaleResolutionDownBy: 1, maxBitrate: 1_000_000 }],
  ]);
});
