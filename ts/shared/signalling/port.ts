/**
 * Anything that carries texts both ways, in order, each in a task of its own: a WebSocket, a MessagePort, a pair in
 * memory. Whoever is given a port sets its two handlers at once, before it returns to the event loop.
 */
export type Port = {
  /** Never throws: what cannot be sent is lost, and `onclose` follows. */
  send(text: string): void;
  /** `onclose` follows on both sides. */
  close(): void;
  /** Anything but a text is the sender's mistake. */
  onmessage: ((text: unknown) => void) | null;
  /** Once. */
  onclose: (() => void) | null;
};

/**
 * Two ports, each other's other end, in this process. Every message arrives in a task of its own, as on a WebSocket: so
 * whoever waits for a response goes on before the next message is heard.
 */
export function createPortPair(): [Port, Port] {
  const left = new MemoryPort();
  const right = new MemoryPort();
  left.other = right;
  right.other = left;
  return [left, right];
}

class MemoryPort implements Port {
  onmessage: Port['onmessage'] = null;
  onclose: Port['onclose'] = null;
  other?: MemoryPort;
  #closed = false;

  send(text: string): void {
    const { other } = this;
    if (!this.#closed) inOwnTask(() => other?.onmessage?.(text));
  }

  close(): void {
    if (this.#closed) return;
    const { other } = this;
    this.#closed = true;
    inOwnTask(() => {
      other?.close();
      this.onclose?.();
    });
  }
}

/** Browsers lack setImmediate. */
const inOwnTask: (work: () => void) => unknown = globalThis.setImmediate ?? setTimeout;
