import type { ConsumerView, View } from '../shared/signalling/messages.js';

/** Milliseconds between two messages: while a window is dragged larger, sizes change with every frame. */
const INTERVAL = 200;

/** Tells the server where consumers are shown: many in one message, the newest of each, and not too often. */
export class Views {
  readonly #tell: (views: ConsumerView[]) => void;
  readonly #news = new Map<string, ConsumerView>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(tell: (views: ConsumerView[]) => void) {
    this.#tell = tell;
  }

  tell(id: string, view: View | undefined): void {
    this.#news.set(id, { id, ...(view && { view }) });
    this.#timer ??= setTimeout(() => this.#flush(), 0);
  }

  /** It was closed, or the server does not know it any more. */
  forget(id: string): void {
    this.#news.delete(id);
  }

  #flush(): void {
    this.#timer = undefined;
    if (this.#news.size === 0) return;
    this.#tell([...this.#news.values()]);
    this.#news.clear();
    this.#timer = setTimeout(() => this.#flush(), INTERVAL);
  }
}
