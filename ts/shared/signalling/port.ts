/**
 * Anything that carries texts both ways, in order: a WebSocket, a MessagePort, a pair in memory. Whoever is given a port
 * sets its two handlers at once, before it returns to the event loop.
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

/** Two ports, each other's other end, in this process. Messages arrive in a later microtask, as texts. */
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
    if (!this.#closed) queueMicrotask(() => other?.onmessage?.(text));
  }

  close(): void {
    if (this.#closed) return;
    const { other } = this;
    this.#closed = true;
    queueMicrotask(() => {
      other?.close();
      this.onclose?.();
    });
  }
}
