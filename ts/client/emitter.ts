/**
 * An event's name and its listeners' arguments.
 *
 * @example
 * { pause: [originator: Originator, appData: AppData]; handled: [] }
 */
export type EventMap = Record<string, unknown[]>;

type Entry = { listener: (...args: never[]) => unknown; once: boolean };

/**
 * Typed events. Every listener is called whatever the others do: what one throws, or rejects with, goes to
 * `reportError()` of the page.
 */
export class Emitter<Events extends EventMap> {
  readonly #entries = new Map<keyof Events, Entry[]>();

  on<K extends keyof Events>(event: K, listener: (...args: Events[K]) => unknown): this {
    return this.#add(event, { listener, once: false });
  }

  once<K extends keyof Events>(event: K, listener: (...args: Events[K]) => unknown): this {
    return this.#add(event, { listener, once: true });
  }

  off<K extends keyof Events>(event: K, listener: (...args: Events[K]) => unknown): this {
    this.#keep(event, (entry) => entry.listener !== listener);
    return this;
  }

  /** @internal */
  emit<K extends keyof Events>(event: K, ...args: Events[K]): void {
    const entries = this.#entries.get(event) ?? [];
    this.#keep(event, ({ once }) => !once);
    for (const { listener } of entries) call(listener as (...args: Events[K]) => unknown, args);
  }

  #add(event: keyof Events, entry: Entry): this {
    this.#entries.set(event, [...(this.#entries.get(event) ?? []), entry]);
    return this;
  }

  #keep(event: keyof Events, wanted: (entry: Entry) => boolean): void {
    this.#entries.set(event, (this.#entries.get(event) ?? []).filter(wanted));
  }
}

function call<Args extends unknown[]>(listener: (...args: Args) => unknown, args: Args): void {
  try {
    const result = listener(...args);
    if (result instanceof Promise) result.catch(reportError);
  } catch (error) {
    reportError(error);
  }
}
