import { asObject } from '../../shared/rtp/fields.js';

/** Gets one log line: who says it, what, and for errors the error. */
export type LogEventListeners = {
  ondebug?: (namespace: string, log: string) => void;
  onwarn?: (namespace: string, log: string) => void;
  onerror?: (namespace: string, log: string, error?: Error) => void;
};

let listeners: LogEventListeners = {};

/**
 * Takes the logs of the controller and of all workers to the application; without arguments, nowhere.
 *
 * @throws TypeError naming the listener
 */
export function setLogEventListeners(to: LogEventListeners = {}): void {
  const given = asObject(to, 'listeners');
  for (const name of ['ondebug', 'onwarn', 'onerror']) {
    if (given[name] !== undefined && typeof given[name] !== 'function') {
      throw new TypeError(`${name} must be a function`);
    }
  }
  listeners = { ...to };
}

export function debug(namespace: string, log: string): void {
  listeners.ondebug?.(namespace, log);
}

export function warn(namespace: string, log: string): void {
  listeners.onwarn?.(namespace, log);
}

export function error(namespace: string, log: string, cause?: unknown): void {
  listeners.onerror?.(namespace, log, cause instanceof Error ? cause : undefined);
}
