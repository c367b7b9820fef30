import type { View } from '../shared/signalling/messages.js';

/** What is known of one element; nothing until the browser has said both. */
type Seen = { size?: { width: number; height: number }; intersects?: boolean };

/** Milliseconds: what is scrolled past, or turned away from, is soon back. */
const PATIENCE = 1000;
const MAX_PIXELS = 65_535;

/**
 * Where a picture is shown: the elements for it, their sizes, and whether they can be seen. The largest that can be seen
 * is its view; it is hidden when there has been none for a moment. Without elements it has no view.
 */
export class Shown {
  readonly #onView: (view: View | undefined) => void;
  readonly #elements = new Map<Element, Seen>();
  readonly #sizes = new ResizeObserver((entries) => this.#resized(entries));
  readonly #sights = new IntersectionObserver((entries) => this.#intersected(entries));
  readonly #update = () => this.#look();
  #view: View | undefined;
  #hiding: ReturnType<typeof setTimeout> | undefined;

  constructor(onView: (view: View | undefined) => void) {
    this.#onView = onView;
  }

  add(element: HTMLElement): void {
    if (this.#elements.size === 0) document.addEventListener('visibilitychange', this.#update);
    this.#elements.set(element, {});
    this.#sizes.observe(element);
    this.#sights.observe(element);
    for (const event of PICTURE_IN_PICTURE) element.addEventListener(event, this.#update);
  }

  remove(element: HTMLElement): void {
    this.#elements.delete(element);
    this.#sizes.unobserve(element);
    this.#sights.unobserve(element);
    for (const event of PICTURE_IN_PICTURE) element.removeEventListener(event, this.#update);
    if (this.#elements.size === 0) document.removeEventListener('visibilitychange', this.#update);
    this.#look();
  }

  #resized(entries: ResizeObserverEntry[]): void {
    for (const { target, contentRect } of entries) {
      const seen = this.#elements.get(target);
      if (seen) seen.size = { width: contentRect.width, height: contentRect.height };
    }
    this.#look();
  }

  #intersected(entries: IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of entries) {
      const seen = this.#elements.get(target);
      if (seen) seen.intersects = isIntersecting;
    }
    this.#look();
  }

  #look(): void {
    const isKnown = [...this.#elements.values()].every(
      ({ size, intersects }) => size && intersects !== undefined,
    );
    if (!isKnown) return;
    const view = this.#elements.size === 0 ? undefined : this.#largest();
    if (view !== 'hidden') {
      this.#stopHiding();
      this.#become(view);
    } else this.#hiding ??= setTimeout(() => this.#become('hidden'), PATIENCE);
  }

  #largest(): View {
    const views = [...this.#elements].flatMap(([element, seen]) => viewOf(element, seen) ?? []);
    views.sort((a, b) => b.width * b.height - a.width * a.height);
    return views[0] ?? 'hidden';
  }

  #become(view: View | undefined): void {
    if (isSame(view, this.#view)) return;
    this.#view = view;
    this.#onView(view);
  }

  #stopHiding(): void {
    clearTimeout(this.#hiding);
    this.#hiding = undefined;
  }
}

const PICTURE_IN_PICTURE = ['enterpictureinpicture', 'leavepictureinpicture'];

/** Whether this browser can tell where an element is. */
export function canFollow(): boolean {
  return typeof ResizeObserver === 'function' && typeof IntersectionObserver === 'function';
}

/** In physical pixels; undefined if it cannot be seen. */
function viewOf(element: Element, { size, intersects }: Seen): Exclude<View, 'hidden'> | undefined {
  const isDetached = document.pictureInPictureElement === element;
  if (!isDetached && (!intersects || document.visibilityState === 'hidden')) return undefined;
  if (!size || size.width === 0 || size.height === 0) return undefined;
  const [width, height] = [pixels(size.width), pixels(size.height)];
  return { width, height, cover: getComputedStyle(element).objectFit === 'cover' };
}

function pixels(length: number): number {
  return Math.min(MAX_PIXELS, Math.max(1, Math.ceil(length * devicePixelRatio)));
}

function isSame(one: View | undefined, other: View | undefined): boolean {
  if (typeof one !== 'object' || typeof other !== 'object') return one === other;
  return one.width === other.width && one.height === other.height && one.cover === other.cover;
}
