import { closeSync, fstatSync, openSync, read, readSync } from "node:fs";
import type { Writable } from "node:stream";
import { promisify } from "node:util";
import { log } from "../../src/lib/log.ts";
import type { BlobRange, OpenBlob } from "../../src/storage/ports/blob-store.ts";
import { Pourable, written } from "../streams/pourable.ts";

const readAt = promisify(read);

/** So much is read when the file is opened: nothing stays open then, and a copy out of the page cache takes 10 µs. */
const MAX_HELD_BYTES = 64 * 1024;

const MIN_CHUNK_BYTES = 16 * 1024;
const MAX_CHUNK_BYTES = 256 * 1024;
/** Of all buffers, as long as there are not so many readers that each has the smallest. */
const BUDGET_BYTES = 16 * 1024 * 1024;

/**
 * Opens a file, or a range of it, to be read once.
 *
 * @throws Error with a code of the system's; or when the file ends before the range begins
 */
export function openBlobFile(file: string, range: BlobRange | undefined): OpenBlob {
  const descriptor = openSync(file, "r");
  let isPassedOn = false;
  try {
    const sizeBytes = fstatSync(descriptor).size;
    const offset = range?.offset ?? 0;
    if (range !== undefined && offset >= sizeBytes)
      throw new Error(`the file has ${sizeBytes} bytes, and those after ${offset} are asked for`);
    const length = Math.min(range?.length ?? sizeBytes, sizeBytes - offset);
    isPassedOn = length > MAX_HELD_BYTES;
    const body = isPassedOn
      ? new FileBody(descriptor, offset, length)
      : new HeldBody(readNow(descriptor, offset, length));
    // It has what is used of a stream.
    return { body: body as unknown as ReadableStream<Uint8Array>, sizeBytes };
  } finally {
    if (!isPassedOn) closeSync(descriptor);
  }
}

function readNow(descriptor: number, offset: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = Buffer.allocUnsafeSlow(length);
  for (let at = 0; at < length;) {
    const readBytes = readSync(descriptor, bytes, at, length - at, offset + at);
    if (readBytes === 0) throw endsEarly(offset + at);
    at += readBytes;
  }
  return bytes;
}

function endsEarly(atByte: number): Error {
  return new Error(`the file of a blob ends at byte ${atByte}, before what was to be read of it`);
}

/** Bytes in memory. */
class HeldBody extends Pourable {
  readonly #bytes: Uint8Array<ArrayBuffer>;

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    super();
    this.#bytes = bytes;
  }

  override async pour(outgoing: Writable): Promise<void> {
    outgoing.end(this.#bytes);
  }

  override async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
    if (this.#bytes.byteLength > 0) yield this.#bytes;
  }

  override async cancel(): Promise<void> {}
}

/** Closes the file of a body that nobody read and nobody cancelled. */
const forgotten = new FinalizationRegistry<number>(closeSync);
let openBodies = 0;

/** A range of an open file, which is closed however this ends. */
class FileBody extends Pourable {
  readonly #descriptor: number;
  #at: number;
  #leftBytes: number;
  #isReading = false;
  #isOver = false;

  constructor(descriptor: number, offset: number, length: number) {
    super();
    this.#descriptor = descriptor;
    this.#at = offset;
    this.#leftBytes = length;
    openBodies += 1;
    forgotten.register(this, descriptor, this);
  }

  override async pour(outgoing: Writable): Promise<void> {
    try {
      // One is filled while the other is sent.
      let [filled, sending] = [this.#newBuffer(), this.#newBuffer()];
      let sent: Promise<void> | undefined;
      while (this.#leftBytes > 0) {
        const bytes = await this.#readInto(filled);
        await sent;
        sent = written(outgoing, bytes);
        // It is awaited after the next read.
        sent.catch(() => undefined);
        [filled, sending] = [sending, filled];
      }
      await sent;
      outgoing.end();
    } catch (error) {
      if (!outgoing.destroyed) log("error", "read broke off", { error: String(error) });
      outgoing.destroy();
    } finally {
      this.#close();
    }
  }

  override [Symbol.asyncIterator](): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
    const end = async (): Promise<IteratorReturnResult<void>> => {
      this.#close();
      return { done: true, value: undefined };
    };
    // A generator that was never asked for anything would end without closing the file.
    const iterator = {
      next: async () => {
        if (this.#leftBytes === 0 || this.#isOver) return end();
        return { done: false as const, value: await this.#readInto(this.#newBuffer()) };
      },
      return: end,
      async throw(error: unknown) {
        await end();
        throw error;
      },
      [Symbol.asyncIterator]: () => iterator,
      [Symbol.asyncDispose]: async () => void (await end()),
    };
    return iterator;
  }

  override async cancel(): Promise<void> {
    this.#close();
  }

  #newBuffer(): Buffer<ArrayBuffer> {
    const fairBytes = BUDGET_BYTES / 2 / openBodies;
    const chunkBytes = Math.max(MIN_CHUNK_BYTES, Math.min(MAX_CHUNK_BYTES, Math.floor(fairBytes)));
    return Buffer.allocUnsafeSlow(Math.min(chunkBytes, this.#leftBytes));
  }

  /** The next bytes; as many as there are, up to the buffer's length. @throws Error when the file has ended */
  async #readInto(buffer: Buffer<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    const length = Math.min(buffer.byteLength, this.#leftBytes);
    this.#isReading = true;
    try {
      const { bytesRead } = await readAt(this.#descriptor, buffer, 0, length, this.#at);
      if (bytesRead === 0) throw endsEarly(this.#at);
      this.#at += bytesRead;
      this.#leftBytes -= bytesRead;
      return buffer.subarray(0, bytesRead);
    } catch (error) {
      this.#isOver = true;
      throw error;
    } finally {
      this.#isReading = false;
      if (this.#isOver) this.#release();
    }
  }

  /** A read that is under way goes on: another file would have the descriptor by then. */
  #close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (!this.#isReading) this.#release();
  }

  #release(): void {
    forgotten.unregister(this);
    openBodies -= 1;
    closeSync(this.#descriptor);
  }
}
