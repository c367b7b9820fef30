/**
 * Runs asynchronous commands one after the other, in the order of the calls; one that fails does not stop the next.
 * After `close()` none starts, and whoever waits gets the error at once: a browser never settles what a closed
 * RTCPeerConnection was about to do.
 */
export class Commands {
  readonly #waiting = new Set<(error: Error) => void>();
  #last: Promise<unknown> = Promise.resolve();
  #error?: Error;

  run<T>(command: () => Promise<T>): Promise<T> {
    const result = this.#last.then(() => {
      if (this.#error) throw this.#error;
      return command();
    });
    this.#last = result.catch(() => {});
    return this.#abortable(result);
  }

  close(error: Error): void {
    this.#error ??= error;
    for (const abort of this.#waiting) abort(error);
    this.#waiting.clear();
  }

  #abortable<T>(result: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject);
      result.then(resolve, reject).finally(() => this.#waiting.delete(reject));
    });
  }
}
