import type { Duplex } from 'node:stream';
import { FrameReader, frame } from '../../shared/channel/frames.js';

/** Carries whole messages to a worker and back, in order. */
export type Pipe = {
  /** False: it took the message, but is full; the next should wait for `onDrain`. */
  send(message: Uint8Array): boolean;
  /** Also gives up what has not been read at the other end. */
  close(): void;
  onMessage: (message: Uint8Array) => void;
  onDrain: () => void;
  /** Once, whoever closed it. With an error: what came from the other end was no message. */
  onClose: (error?: Error) => void;
};

/** A pipe over a byte stream, which carries frames. */
export class StreamPipe implements Pipe {
  readonly #stream: Duplex;
  readonly #frames = new FrameReader();
  #error?: Error;

  onMessage: (message: Uint8Array) => void = () => {};
  onDrain: () => void = () => {};
  onClose: (error?: Error) => void = () => {};

  constructor(stream: Duplex) {
    this.#stream = stream;
    stream.on('data', (chunk: Uint8Array) => this.#receive(chunk));
    stream.on('drain', () => this.onDrain());
    stream.on('error', (error) => {
      this.#error ??= error;
    });
    stream.on('close', () => this.onClose(this.#error));
  }

  send(message: Uint8Array): boolean {
    return this.#stream.write(frame(message));
  }

  close(): void {
    this.#stream.destroy();
  }

  #receive(chunk: Uint8Array): void {
    try {
      for (const message of this.#frames.push(chunk)) this.onMessage(message);
    } catch (error) {
      this.#stream.destroy(error as Error);
    }
  }
}
