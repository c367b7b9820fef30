import { NotFoundError } from '../errors.js';
import { DuplicatePeerError, fromErrorData, isNamed, toErrorData } from './errors.js';

test('a named error arrives as the same class', () => {
  const arrived = fromErrorData(toErrorData(new DuplicatePeerError('alice is there')));
  expect(arrived).toBeInstanceOf(DuplicatePeerError);
  expect(arrived.message).toBe('alice is there');
  expect(fromErrorData(toErrorData(new NotFoundError('no'))).name).toBe('NotFoundError');
});

test.each([[new Error('/etc/secret')], [new TypeError('x is undefined')], ['text'], [undefined], [null]])(
  'the other side learns nothing of %p',
  (mistake) => {
    expect(isNamed(mistake)).toBe(false);
    expect(toErrorData(mistake)).toEqual({ name: 'Error', message: 'internal error' });
  },
);

test.each(['constructor', '__proto__', 'toString', ''])('an unknown name %p gives a plain error', (name) => {
  const error = fromErrorData({ name, message: 'what' });
  expect(error.constructor).toBe(Error);
  expect(error.message).toBe('what');
});
