import { closeSync, fstatSync, openSync, read, readSync } from "node:fs";
import type { Writable } from "node:stream";
import { promisify } from "node:util";
import { log } from "../../src/lib/log.ts";
import type { BlobRange, OpenBlob } from "../../src/storage/ports/blob-store.ts";
import type { HandoverWritable } from "../streams/handover-writable.ts";
import { Pourable, written } from "../streams/pourable.ts";

const readAt = promisify(read);

/** So much is read when the file is opened: nothing stays open then, and it takes less than a trip to another thread. */
const MAX_HELD_BYTES = 64 * 1024;

const MIN_CHUNK_BYTES = 16 * 1024;
const MAX_CHUNK_BYTES = 256 * 1024;
/** Of all buffers, as long as there are not so many readers that each has the smallest. */
const BUDGET_BYTES = 16 * 1024 * 1024;

/** What becomes of the bytes of a file on their way. */
export interface Decoding {
  /** They are read in multiples of so many. */
  readonly unitBytes: number;
  /** @throws Error when they are not what they should be */
  decode(bytes: Buffer<ArrayBuffer>): Chunk;
}

type Chunk = Uint8Array<ArrayBuffer>;

const AS_IT_IS: Decoding = { unitBytes: 1, decode: (bytes) => bytes };

/**
 * Opens a file, or a range of it, to be read once.
 *
 * @param decoding of its bytes, given the length of the file; undefined: they are read as they are
 * @throws Error with a code of the system's; or when the file ends before the range begins
 */
export function openBlobFile(
  file: string,
  range: BlobRange | undefined,
  decoding: (sizeBytes: number) => Decoding = () => AS_IT_IS,
): OpenBlob {
  const descriptor = openSync(file, "r");
  let isPassedOn = false;
  try {
    const sizeBytes = fstatSync(descriptor).size;
    const offset = range?.offset ?? 0;
    if (range !== undefined && offset >= sizeBytes)
      throw new Error(`the file has ${sizeBytes} bytes, and those after ${offset} are asked for`);
    const length = Math.min(range?.length ?? sizeBytes, sizeBytes - offset);
    const decoder = decoding(sizeBytes);
    // Of what is encrypted, a little more is held: one frame is.
    isPassedOn = length > Math.max(MAX_HELD_BYTES, decoder.unitBytes);
    const body = isPassedOn
      ? new FileBody(file, descriptor, offset, length, decoder)
      : new HeldBody(decoder.decode(readNow(file, descriptor, offset, length)));
    // It has what is used of a stream.
    return { body: body as unknown as ReadableStream<Uint8Array>, sizeBytes };
  } finally {
    if (!isPassedOn) closeSync(descriptor);
  }
}

function readNow(
  file: string,
  descriptor: number,
  offset: number,
  length: number,
): Buffer<ArrayBuffer> {
  const bytes = Buffer.allocUnsafeSlow(length);
  for (let at = 0; at < length;) {
    const readBytes = readSync(descriptor, bytes, at, length - at, offset + at);
    if (readBytes === 0) throw endsEarly(file, offset + at);
    at += readBytes;
  }
  return bytes;
}

function endsEarly(file: string, atByte: number): Error {
  return new Error(`${file} ends at byte ${atByte}, before what was to be read of it`);
}

/** Bytes in memory. */
class HeldBody extends Pourable {
  #bytes: Chunk | undefined;

  constructor(bytes: Chunk) {
    super();
    this.#bytes = bytes;
  }

  override async pour(outgoing: Writable): Promise<void> {
    outgoing.end(this.#bytes);
  }

  override async cancel(): Promise<void> {
    this.#bytes = undefined;
  }

  protected override async next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const bytes = this.#bytes;
    this.#bytes = undefined;
    return bytes?.byteLength === 0 ? undefined : bytes;
  }
}

let openBodies = 0;

function release(descriptor: number): void {
  openBodies -= 1;
  closeSync(descriptor);
}

/** Of bodies that nobody read and nobody cancelled. */
const forgotten = new FinalizationRegistry(release);

/** A range of an open file, which is closed however this ends. */
class FileBody extends Pourable {
  readonly #file: string;
  readonly #descriptor: number;
  #at: number;
  #leftBytes: number;
  readonly #decoding: Decoding;
  #isReading = false;
  #isOver = false;

  constructor(
    file: string,
    descriptor: number,
    offset: number,
    length: number,
    decoding: Decoding,
  ) {
    super();
    this.#file = file;
    this.#descriptor = descriptor;
    this.#at = offset;
    this.#leftBytes = length;
    this.#decoding = decoding;
    openBodies += 1;
    forgotten.register(this, descriptor, this);
  }

  override async pour(outgoing: Writable): Promise<void> {
    try {
      await this.#passOn((chunk) => written(outgoing, chunk));
      outgoing.end();
    } catch {
      outgoing.destroy();
    }
  }

  protected override passTo(writable: HandoverWritable): Promise<void> {
    return this.#passOn((chunk) => writable.pass(chunk));
  }

  /** By two buffers: one is filled while the other is sent. */
  async #passOn(send: (chunk: Chunk) => Promise<void>): Promise<void> {
    try {
      let [filled, sending] = [this.#newBuffer(), this.#newBuffer()];
      let sent: Promise<void> | undefined;
      while (this.#leftBytes > 0) {
        const chunk = await this.#readInto(filled);
        await sent;
        sent = send(chunk);
        // It is awaited after the next read.
        sent.catch(() => undefined);
        [filled, sending] = [sending, filled];
      }
      await sent;
    } finally {
      this.#close();
    }
  }

  protected override async next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (this.#isOver) return undefined;
    const bytes = await this.#readInto(this.#newBuffer());
    if (this.#leftBytes === 0) this.#close();
    return bytes;
  }

  override async cancel(): Promise<void> {
    this.#close();
  }

  #newBuffer(): Buffer<ArrayBuffer> {
    const fairBytes = BUDGET_BYTES / 2 / openBodies;
    const chunkBytes = Math.max(MIN_CHUNK_BYTES, Math.min(MAX_CHUNK_BYTES, Math.floor(fairBytes)));
    const { unitBytes } = this.#decoding;
    const wholeBytes = Math.max(1, Math.floor(chunkBytes / unitBytes)) * unitBytes;
    return Buffer.allocUnsafeSlow(Math.min(wholeBytes, this.#leftBytes));
  }

  /**
   * The next bytes, decoded; the buffer is theirs until they are done with.
   *
   * @throws Error when the file has ended, or is not what it should be
   */
  async #readInto(buffer: Buffer<ArrayBuffer>): Promise<Chunk> {
    const length = Math.min(buffer.byteLength, this.#leftBytes);
    this.#isReading = true;
    try {
      let readBytes = 0;
      // One read brings all of it, but by a system call that was interrupted.
      while (readBytes < length) {
        const room = length - readBytes;
        const { bytesRead } = await readAt(this.#descriptor, buffer, readBytes, room, this.#at);
        if (bytesRead === 0) throw endsEarly(this.#file, this.#at);
        readBytes += bytesRead;
        this.#at += bytesRead;
        this.#leftBytes -= bytesRead;
        if (this.#decoding === AS_IT_IS) break;
      }
      return this.#decoding.decode(buffer.subarray(0, readBytes));
    } catch (error) {
      this.#isOver = true;
      // The status may have been sent, so that the log is the only place to tell it.
      log("error", "read broke off", { error: String(error) });
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
    release(this.#descriptor);
  }
}
