export const SLAB_BYTES = 256 * 1024;

/** Of the whole process: bytes on the way to the threads, 8 MiB at most. */
const MAX_SLABS = 32;

/** Buffers of one size that are used again and again. Whoever has to wait for one gets it in turn. */
class Slabs {
  readonly #free: ArrayBuffer[] = [];
  readonly #waiting: ((slab: ArrayBuffer) => void)[] = [];
  #existing = 0;

  take(): ArrayBuffer | Promise<ArrayBuffer> {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#existing < MAX_SLABS) return this.#make();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  giveBack(slab: ArrayBuffer): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(slab);
    else next(slab);
  }

  /** What a thread had when it died does not come back. */
  replaceLost(count: number): void {
    this.#existing -= count;
    for (let i = 0; i < count && this.#waiting.length > 0; i += 1) this.giveBack(this.#make());
  }

  #make(): ArrayBuffer {
    this.#existing += 1;
    return new ArrayBuffer(SLAB_BYTES);
  }
}

export const slabs = new Slabs();
