import type { Port } from './port.js';

/** A browser's WebSocket as a port. What is sent before it is open waits for that. */
export class WebSocketPort implements Port {
  onmessage: Port['onmessage'] = null;
  onclose: Port['onclose'] = null;
  readonly #socket: WebSocket;
  #waiting: string[] = [];
  #closed = false;

  /** @example new WebSocketPort(new WebSocket('wss://example.org/room?id=lobby')) */
  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('open', () => this.#flush());
    socket.addEventListener('message', ({ data }) => this.onmessage?.(data));
    // An 'error' is always followed by 'close'.
    socket.addEventListener('close', () => this.#end());
  }

  send(text: string): void {
    const { readyState, CONNECTING, OPEN } = this.#socket;
    if (readyState === CONNECTING) this.#waiting.push(text);
    else if (readyState === OPEN) this.#socket.send(text);
  }

  close(): void {
    this.#socket.close();
    // The closing handshake may take long when the network is gone.
    queueMicrotask(() => this.#end());
  }

  #flush(): void {
    for (const text of this.#waiting) this.#socket.send(text);
    this.#waiting = [];
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.onclose?.();
  }
}
