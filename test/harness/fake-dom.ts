/** As much of a page as tells where an element is shown: a test says how large it is, and whether it can be seen. */

type Callback = (entries: object[]) => void;

class FakeObserver {
  static readonly all = new Set<FakeObserver>();
  readonly observed = new Set<FakeElement>();

  constructor(readonly callback: Callback) {
    FakeObserver.all.add(this);
  }

  observe(element: FakeElement): void {
    this.observed.add(element);
  }

  unobserve(element: FakeElement): void {
    this.observed.delete(element);
  }
}

class FakeResizeObserver extends FakeObserver {}
class FakeIntersectionObserver extends FakeObserver {}

export class FakeElement extends EventTarget {
  srcObject: { tracks: unknown[] } | null = null;
  objectFit = 'cover';

  /** In CSS pixels. */
  resize(width: number, height: number): void {
    this.#tell(FakeResizeObserver, { contentRect: { width, height } });
  }

  see(isIntersecting: boolean): void {
    this.#tell(FakeIntersectionObserver, { isIntersecting });
  }

  /** How many observers watch it. */
  get watchers(): number {
    return [...FakeObserver.all].filter(({ observed }) => observed.has(this)).length;
  }

  #tell(kind: typeof FakeObserver, entry: object): void {
    for (const observer of FakeObserver.all) {
      if (observer instanceof kind && observer.observed.has(this))
        observer.callback([{ target: this, ...entry }]);
    }
  }
}

export class FakeDocument extends EventTarget {
  visibilityState = 'visible';
  pictureInPictureElement: FakeElement | null = null;

  turn(visibilityState: 'visible' | 'hidden'): void {
    this.visibilityState = visibilityState;
    this.dispatchEvent(new Event('visibilitychange'));
  }
}

/** Until `remove()` is called, this process has a page. */
export function installDom({ devicePixelRatio = 1 } = {}): { document: FakeDocument; remove: () => void } {
  FakeObserver.all.clear();
  const document = new FakeDocument();
  const globals = {
    document,
    devicePixelRatio,
    HTMLMediaElement: FakeElement,
    ResizeObserver: FakeResizeObserver,
    IntersectionObserver: FakeIntersectionObserver,
    getComputedStyle: ({ objectFit }: FakeElement) => ({ objectFit }),
  };
  Object.assign(globalThis, globals);
  return {
    document,
    remove: () => {
      for (const name of Object.keys(globals)) Reflect.deleteProperty(globalThis, name);
    },
  };
}
