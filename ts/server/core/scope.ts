import { Control } from '../../shared/channel/messages.gen.js';
import { InvalidStateError } from '../../shared/errors.js';
import type { Channel, EventBody } from './channel.js';

/** What a scope is the scope of. */
export type ScopeKind =
  | 'worker'
  | 'listenserver'
  | 'router'
  | 'transport'
  | 'producer'
  | 'consumer'
  | 'dataproducer'
  | 'dataconsumer'
  | 'rtpobserver';

/** Numbers the objects of one worker, and never twice the same. */
type Handles = { last: number; scopes: Map<number, Scope>; taken: Set<string> };

/**
 * The place of one object in the tree of a worker's objects: its handle and id, its requests and events, and what is
 * below it. When it ends, all below ends first, and requests in flight reject.
 */
export class Scope {
  readonly kind: ScopeKind;
  readonly id: string;
  readonly handle: number;
  readonly parent?: Scope;
  readonly control: Control;
  readonly #channel: Channel;
  readonly #handles: Handles;
  readonly #children = new Set<Scope>();
  readonly #inFlight = new Set<(error: Error) => void>();
  readonly #atEnd: (() => void)[] = [];
  #early: EventBody[] = [];
  #ended?: Error;

  /** The parent ended. Whoever owns this scope calls `end` and tells the application. */
  onParentEnd: (error: Error) => void = (error) => this.end(error);

  private constructor(channel: Channel, kind: ScopeKind, id: string, handles: Handles, parent?: Scope) {
    this.#channel = channel;
    this.#handles = handles;
    this.kind = kind;
    this.id = id;
    this.parent = parent;
    this.handle = parent ? ++handles.last : 0;
    this.control = new Control(
      (method, body) => this.#request(method, body),
      (method, body) => this.#post(method, body),
    );
    handles.scopes.set(this.handle, this);
    handles.taken.add(id);
    channel.listen(this.handle, (event) => this.#early.push(event));
  }

  /** The worker's own scope, the root of all. */
  static root(channel: Channel): Scope {
    return new Scope(channel, 'worker', '', { last: 0, scopes: new Map(), taken: new Set() });
  }

  get ended(): boolean {
    return this.#ended !== undefined;
  }

  /** Something above it has ended, and it will too. */
  get doomed(): boolean {
    return this.parent !== undefined && (this.parent.ended || this.parent.doomed);
  }

  child(kind: ScopeKind, id: string): Scope {
    const child = new Scope(this.#channel, kind, id, this.#handles, this);
    this.#children.add(child);
    return child;
  }

  /** From now on; and first those events that came before anybody listened. */
  listen(listener: (event: EventBody) => void): void {
    const early = this.#early;
    this.#early = [];
    for (const event of early) listener(event);
    if (!this.ended) this.#channel.listen(this.handle, listener);
  }

  /** Has `action` run when this ends, or at once if it has. */
  atEnd(action: () => void): void {
    if (this.ended) action();
    else this.#atEnd.push(action);
  }

  /** The scope of an object of the worker; undefined if it is closed here already. */
  find(handle: number): Scope | undefined {
    return this.#handles.scopes.get(handle);
  }

  /** The public ids of these handles, without those that are closed here already. */
  idsOf(handles: number[]): string[] {
    return handles.flatMap((handle) => this.find(handle)?.id ?? []);
  }

  /** Whether an object of the worker has that id, or is about to. */
  knows(id: string): boolean {
    return this.#handles.taken.has(id);
  }

  /** The public ids of all objects of the worker. */
  allIds(): string[] {
    return [...this.#handles.scopes.values()].flatMap(({ id }) => (id === '' ? [] : id));
  }

  /**
   * Sends the request that makes the object in the worker. If it fails, or the scope ends meanwhile, there is no object
   * and no scope.
   */
  async making<T>(request: (control: Control, handle: number) => Promise<T>): Promise<T> {
    try {
      const made = await request(this.control, this.handle);
      this.requireOpen();
      return made;
    } catch (error) {
      this.end();
      throw error;
    }
  }

  /** Throws what a request would reject with. */
  requireOpen(): void {
    if (this.#ended) throw copyOf(this.#ended);
  }

  end(error: Error = new InvalidStateError(`the ${this.kind} is closed`)): void {
    if (this.#ended) return;
    this.#ended = error;
    for (const child of [...this.#children]) child.onParentEnd(error);
    this.parent?.forget(this);
    this.#channel.unlisten(this.handle);
    this.#handles.scopes.delete(this.handle);
    this.#handles.taken.delete(this.id);
    for (const reject of this.#inFlight) reject(copyOf(error));
    for (const action of this.#atEnd) action();
  }

  private forget(child: Scope): void {
    this.#children.delete(child);
  }

  #post(method: number, body: Uint8Array): void {
    this.requireOpen();
    this.#channel.post(method, body);
  }

  #request(method: number, body: Uint8Array): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      this.requireOpen();
      this.#inFlight.add(reject);
      this.#channel
        .request(method, body)
        .then(resolve, reject)
        .finally(() => this.#inFlight.delete(reject));
    });
  }
}

/** The same error with the caller's stack. */
function copyOf(error: Error): Error {
  return new (error.constructor as new (message: string) => Error)(error.message);
}
