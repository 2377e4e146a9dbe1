import type { BlobWorkerTask } from "./blob-worker.ts";
import type { BlobWriter, WrittenDigests } from "./blob-writer.ts";
import { SLAB_BYTES, slabs } from "./slabs.ts";

/** Of one upload, so that none has to wait long for the others. */
const MAX_SLABS_ON_THE_WAY = 4;

export type Send = (task: BlobWorkerTask, transferred?: readonly ArrayBuffer[]) => void;

/**
 * Hands one upload over to a thread. A slab goes when it is full, or when the thread has nothing else of this upload: so
 * the thread is not kept waiting, small chunks go together while it is busy, and a client that stalls holds no slab.
 */
export class ThreadWriter implements BlobWriter {
  readonly #upload: number;
  readonly #send: Send;
  #slab: ArrayBuffer | undefined;
  #filledBytes = 0;
  #slabsOnTheWay = 0;
  #failure: Error | undefined;
  #onAnswer: (() => void) | undefined;
  #digests: WrittenDigests | undefined;

  constructor(upload: number, send: Send) {
    this.#upload = upload;
    this.#send = send;
  }

  async write(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.byteLength;) {
      while (this.#slabsOnTheWay >= MAX_SLABS_ON_THE_WAY) await this.#answer();
      this.#slab ??= await slabs.take();
      this.#requireHealthy();
      const length = Math.min(chunk.byteLength - at, SLAB_BYTES - this.#filledBytes);
      const part = chunk.subarray(at, at + length);
      new Uint8Array(this.#slab, this.#filledBytes, length).set(part);
      this.#filledBytes += length;
      at += length;
      if (this.#filledBytes === SLAB_BYTES) this.#flush();
    }
    if (this.#slabsOnTheWay === 0) this.#flush();
  }

  async end(): Promise<WrittenDigests> {
    this.#flush();
    while (this.#slabsOnTheWay > 0) await this.#answer();
    this.#requireHealthy();
    this.#send({ kind: "end", upload: this.#upload });
    for (;;) {
      if (this.#digests !== undefined) return this.#digests;
      await this.#answer();
      this.#requireHealthy();
    }
  }

  async abort(): Promise<void> {
    if (this.#slab !== undefined) slabs.giveBack(this.#slab);
    this.#slab = undefined;
    this.#filledBytes = 0;
    this.#failure ??= new Error("the upload was given up");
    // The file's descriptor may be another file's as soon as it is closed.
    while (this.#slabsOnTheWay > 0) await this.#answer();
    this.#send({ kind: "forget", upload: this.#upload });
  }

  /** The thread has done with a slab. */
  onSlab(slab: ArrayBuffer, failure: Error | undefined): void {
    slabs.giveBack(slab);
    this.#slabsOnTheWay -= 1;
    this.#failure ??= failure;
    if (this.#slabsOnTheWay === 0) this.#flush();
    this.#onAnswer?.();
  }

  onDigests(digests: WrittenDigests): void {
    this.#digests = digests;
    this.#onAnswer?.();
  }

  /** The thread is gone, and with it what it was sent. */
  onDeath(error: Error): void {
    slabs.replaceLost(this.#slabsOnTheWay);
    this.#slabsOnTheWay = 0;
    this.#failure ??= error;
    this.#onAnswer?.();
  }

  #flush(): void {
    if (this.#slab === undefined || this.#filledBytes === 0 || this.#failure !== undefined) return;
    const slab = this.#slab;
    const lengthBytes = this.#filledBytes;
    this.#slab = undefined;
    this.#filledBytes = 0;
    this.#slabsOnTheWay += 1;
    this.#send({ kind: "write", upload: this.#upload, slab, lengthBytes }, [slab]);
  }

  async #answer(): Promise<void> {
    await new Promise<void>((resolve) => (this.#onAnswer = resolve));
    this.#onAnswer = undefined;
  }

  #requireHealthy(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}
