import { describe, expect, it } from '@jest/globals';
import {
  InvalidStateError,
  NotFoundError,
  TimeoutError,
  UnsupportedError,
  WorkerClosedError,
} from './errors.js';

describe('errors', () => {
  it.each([
    [UnsupportedError, 'UnsupportedError'],
    [NotFoundError, 'NotFoundError'],
    [InvalidStateError, 'InvalidStateError'],
    [WorkerClosedError, 'WorkerClosedError'],
    [TimeoutError, 'TimeoutError'],
  ])('%p carries its name and message', (ErrorClass, name) => {
    const error = new ErrorClass('why');

    expect(String(error)).toBe(`${name}: why`);
    expect(error).toBeInstanceOf(Error);
  });

  it('a closed worker is an invalid state', () => {
    expect(new WorkerClosedError('gone')).toBeInstanceOf(InvalidStateError);
  });
});
