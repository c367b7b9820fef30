/** A codec, feature or parameter that this SFU, or the other side, does not have. */
export class UnsupportedError extends Error {
  override name = 'UnsupportedError';
}

/** An id that names nothing, or something already closed. */
export class NotFoundError extends Error {
  override name = 'NotFoundError';
}

/** The object cannot do this now: it is closed, or not yet open. */
export class InvalidStateError extends Error {
  override name = 'InvalidStateError';
}

/** The worker went away before it could answer. */
export class WorkerClosedError extends InvalidStateError {
  override name = 'WorkerClosedError';
}

/** The other side did not answer in time. */
export class TimeoutError extends Error {
  override name = 'TimeoutError';
}
