/** Milliseconds for which a layer goes on, at least, after nobody wants it: who turns away for a moment finds it there. */
const HOLD = 5000;

/**
 * How many layers of a producer, from the lowest, are worth sending. At first all are. One that is wanted is so at once;
 * one that is not wanted any more is given up after some seconds in which it was not.
 */
export class Demand {
  readonly #onChange: (layers: number) => void;
  #layers: number;
  #wanted: number;
  /** The most that was wanted since the timer began. */
  #peak = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(layers: number, onChange: (layers: number) => void) {
    this.#layers = layers;
    this.#wanted = layers;
    this.#onChange = onChange;
  }

  get layers(): number {
    return this.#layers;
  }

  want(layers: number): void {
    this.#wanted = layers;
    this.#peak = Math.max(this.#peak, layers);
    if (layers > this.#layers) this.#become(layers);
    if (layers < this.#layers) this.#hold();
    else this.close();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #hold(): void {
    if (this.#timer) return;
    this.#peak = this.#wanted;
    this.#timer = setTimeout(() => this.#release(), HOLD).unref();
  }

  #release(): void {
    this.#timer = undefined;
    if (this.#peak < this.#layers) this.#become(this.#peak);
    if (this.#wanted < this.#layers) this.#hold();
  }

  #become(layers: number): void {
    this.#layers = layers;
    this.#onChange(layers);
  }
}
