export type Labels = Record<string, string>;

type Sum = { labels: Labels; value: number };

/** The values of one worker's metrics, by name and labels. */
export class Sums<Name extends string> {
  readonly #common: Labels;
  readonly #sums = new Map<Name, Map<string, Sum>>();

  /** @param common labels that all have */
  constructor(common: Labels = {}) {
    this.#common = common;
  }

  /** Labels of one name are always given in the same order. */
  add(name: Name, labels: Labels, value: number): void {
    const byLabels = this.#sums.get(name) ?? new Map<string, Sum>();
    this.#sums.set(name, byLabels);
    const key = Object.values(labels).join();
    const sum = byLabels.get(key);
    if (sum) sum.value += value;
    else byLabels.set(key, { labels: { ...this.#common, ...labels }, value });
  }

  of(name: Name): Sum[] {
    return [...(this.#sums.get(name)?.values() ?? [])];
  }

  addTo(other: Sums<Name>): void {
    for (const name of this.#sums.keys()) {
      for (const { labels, value } of this.of(name)) other.add(name, labels, value);
    }
  }
}

type Counts<Name extends string> = Partial<Record<Name, number>>;

/**
 * Sums of what many objects count, which never fall, though the objects come and go: each reading adds what every count
 * rose by since the last one. What an object counts between the last reading and its end is not in them.
 */
export class Totals<Name extends string> {
  readonly #sums = new Sums<Name>();
  #last = new Map<string, Counts<Name>>();
  #current = new Map<string, Counts<Name>>();

  /** @param object an object of this reading, which begins after `addTo` */
  count(object: string, labels: Labels, counts: Counts<Name>): void {
    const last: Counts<Name> | undefined = this.#last.get(object);
    const highest: Counts<Name> = {};
    for (const [name, count] of Object.entries(counts) as [Name, number][]) {
      const before = last?.[name] ?? 0;
      // Losses fall when what was lost comes after all.
      const now = Math.max(count, before);
      highest[name] = now;
      this.#sums.add(name, labels, now - before);
    }
    this.#current.set(object, highest);
  }

  /** Ends the reading. */
  addTo(sums: Sums<Name>): void {
    this.#last = this.#current;
    this.#current = new Map();
    this.#sums.addTo(sums);
  }
}
