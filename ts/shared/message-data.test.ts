import { asMessage, MAX_MESSAGE_SIZE } from './message-data.js';

test.each(['', 'text', 'ü'.repeat(MAX_MESSAGE_SIZE / 2)])('text is a message', (text) => {
  expect(asMessage(text)).toBe(text);
});

test('bytes are a message, and copied', () => {
  const bytes = new Uint8Array(MAX_MESSAGE_SIZE).fill(7);
  const message = asMessage(bytes) as Uint8Array;
  bytes.fill(8);
  expect([message.length, message[0]]).toEqual([MAX_MESSAGE_SIZE, 7]);
  expect(asMessage(Buffer.from('abcdef').subarray(2, 4))).toEqual(new Uint8Array([99, 100]));
});

test.each([undefined, null, 7, {}, [1], new ArrayBuffer(1), new Uint16Array(1)])('%p is none', (value) => {
  expect(() => asMessage(value)).toThrow(new TypeError('data must be a string or a Uint8Array'));
});

test.each([
  new Uint8Array(MAX_MESSAGE_SIZE + 1),
  'a'.repeat(MAX_MESSAGE_SIZE + 1),
  'ü'.repeat(MAX_MESSAGE_SIZE / 2 + 1),
])('what is too long is none', (value) => {
  expect(() => asMessage(value)).toThrow(new TypeError('data must have at most 262144 bytes'));
});
