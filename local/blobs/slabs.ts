const SLAB_BYTES = 256 * 1024;

/** Of the whole process: bytes on the way to the threads, 8 MiB at most. */
const MAX_SLABS = 32;

/** A number of a buffer; which bytes that are, `slabBytes` tells on either side. */
export type Slab = number;

/** All slabs. Threads have them in common: a buffer that is handed over would count as a new one for the collector. */
export const slabMemory = new SharedArrayBuffer(MAX_SLABS * SLAB_BYTES);

export function slabBytes(memory: SharedArrayBuffer, slab: Slab): Uint8Array {
  return new Uint8Array(memory, slab * SLAB_BYTES, SLAB_BYTES);
}

/** Buffers of one size that are used again and again. Whoever has to wait for one gets it in turn. */
class Slabs {
  readonly #free: Slab[] = Array.from({ length: MAX_SLABS }, (_, slab) => MAX_SLABS - 1 - slab);
  readonly #waiting: ((slab: Slab) => void)[] = [];

  take(): Slab | Promise<Slab> {
    return this.#free.pop() ?? new Promise((resolve) => this.#waiting.push(resolve));
  }

  giveBack(slab: Slab): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(slab);
    else next(slab);
  }
}

export const slabs = new Slabs();
