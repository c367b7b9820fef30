import { createPortPair } from './port.js';

async function settle(): Promise<void> {
  for (let task = 0; task < 5; task++) await new Promise(setImmediate);
}

test('what waits for a text goes on before the next one arrives', async () => {
  const [left, right] = createPortPair();
  const heard: unknown[] = [];
  right.onmessage = (text) => {
    heard.push(text);
    Promise.resolve().then(async () => heard.push(`after ${await text}`));
  };
  left.send('1');
  left.send('2');
  await settle();
  expect(heard).toEqual(['1', 'after 1', '2', 'after 2']);
});

test('texts arrive in order, and not before send returns', async () => {
  const [left, right] = createPortPair();
  const heard: unknown[] = [];
  right.onmessage = (text) => heard.push(text);
  left.send('1');
  left.send('2');
  expect(heard).toEqual([]);
  await settle();
  expect(heard).toEqual(['1', '2']);
});

test('closing one side closes both, once, after what was sent', async () => {
  const [left, right] = createPortPair();
  const heard: unknown[] = [];
  right.onmessage = (text) => heard.push(text);
  right.onclose = () => heard.push('right closed');
  left.onclose = () => heard.push('left closed');
  left.send('last');
  left.close();
  left.close();
  left.send('too late');
  await settle();
  right.close();
  await settle();
  expect(heard).toEqual(['last', 'left closed', 'right closed']);
});
