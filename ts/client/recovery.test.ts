import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type ConnectionState, Recovery } from './recovery.js';

const ONE_MINUTE = 60_000;

let restart: jest.Mock<() => Promise<void>>;
let states: ConnectionState[];
let recovery: Recovery;

beforeEach(() => {
  jest.useFakeTimers();
  restart = jest.fn(async () => {});
  states = [];
  recovery = new Recovery({ restart, onState: (state) => states.push(state) });
  recovery.update('connecting');
  recovery.update('connected');
});

afterEach(() => {
  jest.useRealTimers();
});

describe('Recovery', () => {
  it('says what the connection says', () => {
    expect(states).toEqual(['connecting', 'connected']);
  });

  it('leaves a short loss alone', () => {
    recovery.update('disconnected');
    jest.advanceTimersByTime(2999);
    recovery.update('connected');
    jest.advanceTimersByTime(ONE_MINUTE);

    expect(restart).not.toHaveBeenCalled();
    expect(states).toEqual(['connecting', 'connected', 'disconnected', 'connected']);
  });

  it('restarts ICE after three seconds', () => {
    recovery.update('disconnected');
    jest.advanceTimersByTime(3000);

    expect(restart).toHaveBeenCalledTimes(1);
  });

  it('restarts at once when the browser has given up', () => {
    recovery.update('disconnected');
    recovery.update('failed');

    expect(restart).toHaveBeenCalledTimes(1);
    expect(recovery.state).toBe('disconnected');
  });

  it('gives each restart its time, whatever the browser says of it meanwhile', () => {
    recovery.update('failed');
    recovery.update('connecting');
    recovery.update('failed');
    jest.advanceTimersByTime(3999);
    expect(restart).toHaveBeenCalledTimes(1);

    jest.advanceTimersByTime(1);
    expect(restart).toHaveBeenCalledTimes(2);
  });

  it('gives up after five restarts, and stays so', () => {
    restart.mockRejectedValue(new Error('no server'));
    recovery.update('failed');
    jest.advanceTimersByTime(ONE_MINUTE);
    recovery.update('failed');
    jest.advanceTimersByTime(ONE_MINUTE);

    expect(restart).toHaveBeenCalledTimes(5);
    expect(recovery.state).toBe('failed');
  });

  it('begins anew once it was connected', () => {
    recovery.update('failed');
    jest.advanceTimersByTime(5000);
    recovery.update('connected');
    recovery.update('failed');
    jest.advanceTimersByTime(ONE_MINUTE);

    expect(restart).toHaveBeenCalledTimes(2 + 5);
  });

  it('tries again what it gave up, when ICE was restarted on demand', () => {
    recovery.update('failed');
    jest.advanceTimersByTime(ONE_MINUTE);
    recovery.restarted();
    expect(recovery.state).toBe('disconnected');
    jest.advanceTimersByTime(ONE_MINUTE);

    expect(restart).toHaveBeenCalledTimes(5 + 5);
    expect(recovery.state).toBe('failed');
  });

  it('does nothing after it closed', () => {
    recovery.update('disconnected');
    recovery.close();
    recovery.update('failed');
    jest.advanceTimersByTime(ONE_MINUTE);

    expect(restart).not.toHaveBeenCalled();
    expect(states.at(-1)).toBe('closed');
  });
});
