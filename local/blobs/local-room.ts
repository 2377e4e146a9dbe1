import { log } from "../../src/lib/log.ts";
import { CountedRoom } from "../../src/storage/blobs/counted-room.ts";
import { DiskReserve } from "./disk-reserve.ts";

/** How often the reserve is looked after. */
const INTERVAL_MS = 1000;

/** The room on the disk that the data folder is on. */
export class LocalRoom extends CountedRoom {
  readonly #roomPath: string;
  readonly #timer: NodeJS.Timeout;
  #reserve: DiskReserve | undefined;
  #hasFailed = false;

  /** @param roomPath a folder of its own */
  constructor(roomPath: string) {
    super(async () => this.#look());
    this.#roomPath = roomPath;
    this.#look();
    this.#timer = setInterval(() => this.#look(), INTERVAL_MS).unref();
  }

  /** Undefined when the system does not tell, which is logged once; data are then taken until the disk is full. */
  #look(): number | undefined {
    try {
      this.#reserve ??= new DiskReserve(this.#roomPath);
      return this.#reserve.look();
    } catch (error) {
      if (!this.#hasFailed) log("warn", "room on the disk unknown", { error: String(error) });
      this.#hasFailed = true;
      return undefined;
    }
  }

  close(): void {
    clearInterval(this.#timer);
    this.#reserve?.close();
    this.#reserve = undefined;
  }
}
