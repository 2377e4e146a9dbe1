/** Where a body comes from: it is told to send on after it was told to wait, and that somebody has begun to read. */
export interface BodySource {
  resume(): void;
  /** Called at the first read, once. */
  begin(): void;
}

/** What is kept of a body before it is read; more, and its sender has to wait. */
const MAX_QUEUED_BYTES = 256 * 1024;

/** A read that waits for bytes. */
interface Wait {
  readonly leastBytes: number;
  /** Called when there are as many, or when no more come. */
  readonly settle: () => void;
  readonly reject: (error: Error) => void;
}

interface ReadResult {
  readonly value: Uint8Array<ArrayBuffer> | undefined;
  readonly done: boolean;
}

/**
 * The body of a request. It is pushed in as it comes, by `IncomingRequest`, and read as `src/` reads workerd's, by
 * `readAtLeast` of a reader, or by `take`, which passes the chunks on without a copy. One promise a read, none a chunk.
 */
export class BodyStream {
  readonly #source: BodySource;
  readonly #lengthBytes: number;
  #chunks: Uint8Array[] = [];
  #queuedBytes = 0;
  #receivedBytes = 0;
  #endedMs: number | undefined;
  #isBegun = false;
  #isHeldBack = false;
  #isEnded = false;
  #isCancelled = false;
  #isDiscarded = false;
  #isLocked = false;
  #failure: Error | undefined;
  #wait: Wait | undefined;

  /** @param lengthBytes as announced; NaN for a chunked one */
  constructor(source: BodySource, lengthBytes: number) {
    this.#source = source;
    this.#lengthBytes = lengthBytes;
  }

  get locked(): boolean {
    return this.#isLocked;
  }

  /** Somebody has begun to read. */
  get isBegun(): boolean {
    return this.#isBegun;
  }

  /** All has come, whether or not it was read. */
  get isComplete(): boolean {
    return this.#isEnded;
  }

  get isCancelled(): boolean {
    return this.#isCancelled;
  }

  /** As `src/lib/receipts.ts` asks for it: whatever has come, read or not. */
  get receipt(): { readonly bytes: number; readonly endedMs: number | undefined } {
    return { bytes: this.#receivedBytes, endedMs: this.#endedMs };
  }

  /** What is still to come; NaN when that is unknown. */
  get missingBytes(): number {
    return this.#isEnded ? 0 : this.#lengthBytes - this.#receivedBytes;
  }

  /** The stream is its own reader. */
  getReader(_options?: { readonly mode: "byob" }): this {
    this.#isLocked = true;
    return this;
  }

  releaseLock(): void {
    this.#isLocked = false;
  }

  /**
   * Reads at least `leastBytes` into `view`, fewer only at the end. Workerd tells the end by the read after it, this by `done`
   * of the last one, which saves that read. The view is filled as it is, not taken away from its owner.
   *
   * @throws Error when the body breaks off
   */
  readAtLeast(leastBytes: number, view: Uint8Array<ArrayBuffer>): Promise<ReadResult> {
    this.#begin();
    if (this.#hasEnough(leastBytes)) return Promise.resolve(this.#fill(leastBytes, view));
    return new Promise((resolve, reject) => {
      this.#waitFor(leastBytes, () => resolve(this.#fill(leastBytes, view)), reject);
    });
  }

  /**
   * All that has come, chunk by chunk: at least `leastBytes` of it, unless the body ends before. The caller owns the
   * chunks. Undefined at the end.
   *
   * @throws Error when the body breaks off
   */
  take(leastBytes: number): Promise<Uint8Array[] | undefined> {
    this.#begin();
    if (this.#hasEnough(leastBytes)) return Promise.resolve(this.#takeAll());
    return new Promise((resolve, reject) => {
      this.#waitFor(leastBytes, () => resolve(this.#takeAll()), reject);
    });
  }

  /** Whatever still comes is thrown away; a read that waits is at the end. */
  cancel(_reason?: unknown): Promise<void> {
    this.#isCancelled = true;
    this.discard();
    return Promise.resolve();
  }

  /** The same, of a body that nobody wants. */
  discard(): void {
    this.#isBegun = true;
    this.#chunks = [];
    this.#queuedBytes = 0;
    this.#isDiscarded = true;
    this.#endWait();
    this.#letCome();
  }
  /** @returns whether more may come; otherwise the source is told when it may */
  receive(chunk: Uint8Array): boolean {
    this.#receivedBytes += chunk.byteLength;
    if (this.#receivedBytes === this.#lengthBytes) this.#hasEnded();
    if (this.#isDiscarded) return true;
    this.#chunks.push(chunk);
    this.#queuedBytes += chunk.byteLength;
    const wait = this.#wait;
    if (wait !== undefined) {
      if (this.#queuedBytes < wait.leastBytes && !this.#isEnded) return true;
      this.#endWait();
    }
    this.#isHeldBack = this.#queuedBytes >= MAX_QUEUED_BYTES;
    return !this.#isHeldBack;
  }

  end(): void {
    this.#hasEnded();
    this.#endWait();
  }

  #hasEnded(): void {
    this.#isEnded = true;
    this.#endedMs ??= performance.now();
  }

  /** No more comes, and not because it was all. */
  fail(error: Error): void {
    if (this.#isEnded || this.#failure !== undefined) return;
    this.#failure = error;
    this.#chunks = [];
    this.#queuedBytes = 0;
    const wait = this.#wait;
    this.#wait = undefined;
    wait?.reject(error);
  }

  #begin(): void {
    if (this.#isBegun) return;
    this.#isBegun = true;
    this.#source.begin();
  }

  #hasEnough(leastBytes: number): boolean {
    return this.#queuedBytes >= leastBytes || this.#isEnded || this.#isDiscarded;
  }

  #waitFor(leastBytes: number, settle: () => void, reject: (error: Error) => void): void {
    if (this.#failure !== undefined) {
      reject(this.#failure);
      return;
    }
    this.#wait = { leastBytes, settle, reject };
    this.#letCome();
  }

  #endWait(): void {
    const wait = this.#wait;
    this.#wait = undefined;
    wait?.settle();
  }

  #letCome(): void {
    if (!this.#isHeldBack) return;
    this.#isHeldBack = false;
    this.#source.resume();
  }

  #fill(leastBytes: number, view: Uint8Array<ArrayBuffer>): ReadResult {
    let filledBytes = 0;
    let usedChunks = 0;
    for (const chunk of this.#chunks) {
      const roomBytes = view.byteLength - filledBytes;
      if (chunk.byteLength > roomBytes) {
        view.set(chunk.subarray(0, roomBytes), filledBytes);
        this.#chunks[usedChunks] = chunk.subarray(roomBytes);
        filledBytes += roomBytes;
        break;
      }
      view.set(chunk, filledBytes);
      filledBytes += chunk.byteLength;
      usedChunks += 1;
    }
    if (usedChunks === this.#chunks.length) this.#chunks = [];
    else this.#chunks.splice(0, usedChunks);
    this.#queuedBytes -= filledBytes;
    if (this.#queuedBytes < MAX_QUEUED_BYTES) this.#letCome();
    const isLast = this.#isEnded && this.#queuedBytes === 0;
    return {
      value: filledBytes === 0 ? undefined : view.subarray(0, filledBytes),
      done: isLast || filledBytes < leastBytes,
    };
  }

  #takeAll(): Uint8Array[] | undefined {
    if (this.#queuedBytes === 0) return undefined;
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#queuedBytes = 0;
    this.#letCome();
    return chunks;
  }
}
