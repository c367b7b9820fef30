import {
  InvalidStateError,
  NotFoundError,
  TimeoutError,
  UnsupportedError,
  WorkerClosedError,
} from '../errors.js';
import type { ErrorData } from './messages.js';

/** A request whose data is not what its method wants; the message names the field. */
export class BadRequestError extends Error {
  override name = 'BadRequestError';
}

/** A request for a method that does not exist. */
export class UnknownMethodError extends Error {
  override name = 'UnknownMethodError';
}

/** Somebody in the room already has this name. */
export class DuplicatePeerError extends Error {
  override name = 'DuplicatePeerError';
}

/** The application's policy, or the peer's role, says no. */
export class ForbiddenError extends Error {
  override name = 'ForbiddenError';
}

/** More than one client may ask for or have. */
export class LimitError extends Error {
  override name = 'LimitError';
}

/** The port is closed: what was asked can no longer be answered. */
export class PortClosedError extends InvalidStateError {
  override name = 'PortClosedError';
}

const CLASSES = new Map(
  Object.entries({
    BadRequestError,
    UnknownMethodError,
    DuplicatePeerError,
    ForbiddenError,
    LimitError,
    PortClosedError,
    UnsupportedError,
    NotFoundError,
    InvalidStateError,
    WorkerClosedError,
    TimeoutError,
  }),
);

/** Whether it says something to the other side. Everything else is a mistake of this side. */
export function isNamed(error: unknown): error is Error {
  return error instanceof Error && CLASSES.has(error.name);
}

/** For the other side, which learns of a mistake of this side only that it happened. */
export function toErrorData(error: unknown): ErrorData {
  if (!isNamed(error)) return { name: 'Error', message: 'internal error' };
  return { name: error.name, message: error.message };
}

/** An error of the named class, or a plain one if the name is unknown. */
export function fromErrorData({ name, message }: ErrorData): Error {
  return new (CLASSES.get(name) ?? Error)(message);
}
