/** Counts what may be done so many times a second, and no more. */
export class PerSecond {
  readonly #limit: number;
  #second = 0;
  #done = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** @returns whether it may be done once more; a clock that is set back, or forward, begins anew */
  take(nowMs: number): boolean {
    const second = Math.floor(nowMs / 1000);
    if (second !== this.#second) [this.#second, this.#done] = [second, 0];
    this.#done += 1;
    return this.#done <= this.#limit;
  }
}
