import { S3Error } from "../../protocol/errors.ts";

/** Port: the room on a disk that may be full, and is not to be filled to the last byte. */
export interface DiskRoom {
  /** @throws S3Error ServiceUnavailable when there is not so much room for data */
  take(sizeBytes: number): Promise<void>;
}

/** How old a reading may be; what is read may be as old as that itself. */
const FRESH_MS = 1000;

/** What a row takes beside the body: pages of the index, each first in its log and then in its file. */
const ROW_BYTES = 32 * 1024;

/** Room that is read now and then; what is let in meanwhile is counted. */
export class CountedRoom implements DiskRoom {
  readonly #read: () => Promise<number | undefined>;
  /** Unknown room is no reason to refuse. */
  #roomBytes = Number.POSITIVE_INFINITY;
  #readMs = 0;
  /** Let in since the last reading, and between that and the one before: a reading need not know of it yet. */
  #takenBytes = 0;
  #takenEarlierBytes = 0;

  /** @param read how many bytes of data there is room for; undefined: that cannot be told now */
  constructor(read: () => Promise<number | undefined>) {
    this.#read = read;
  }

  get isFull(): boolean {
    return this.#roomBytes <= 0;
  }

  async take(sizeBytes: number): Promise<void> {
    const nowMs = Date.now();
    if (nowMs - this.#readMs >= FRESH_MS) {
      this.#readMs = nowMs;
      await this.#readAgain();
    }
    const leftBytes = this.#roomBytes - this.#takenBytes - this.#takenEarlierBytes;
    if (leftBytes <= 0 || leftBytes < sizeBytes) throw diskFull();
    this.#takenBytes += sizeBytes + ROW_BYTES;
  }

  async #readAgain(): Promise<void> {
    const roomBytes = await this.#read();
    if (roomBytes === undefined) return;
    this.#roomBytes = roomBytes;
    this.#takenEarlierBytes = this.#takenBytes;
    this.#takenBytes = 0;
  }
}

export function diskFull(): S3Error {
  const message =
    "There is no room left for more data. Delete objects, or make room on the disk, and try again.";
  return new S3Error("ServiceUnavailable", { message });
}
