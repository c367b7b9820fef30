/** The SCTP streams on which a transport sends, each for one data consumer. */
export class StreamIds {
  readonly #taken = new Set<number>();

  /**
   * The lowest below `count` that is free.
   *
   * @throws Error
   */
  take(count: number): number {
    for (let id = 0; id < count; id++) {
      if (this.#taken.has(id)) continue;
      this.#taken.add(id);
      return id;
    }
    throw new Error('no sctpStreamId available');
  }

  free(id: number): void {
    this.#taken.delete(id);
  }
}
