import { log } from "../../lib/log.ts";
import type { LogDestination } from "../../protocol/access-log/log-destination.ts";
import { type AccessLogRecord, logLine } from "../../protocol/access-log/log-line.ts";
import type { Waiter } from "../../lib/waiter.ts";
import type { LogBatch } from "../../storage/ports/log-batch.ts";
import type { BucketRecord } from "../../storage/ports/bucket-directory.ts";
import { S3Error } from "../../protocol/errors.ts";
import { requireLogTarget } from "./check-log-target.ts";
import { StaleBucketError } from "../../storage/ports/bucket-index.ts";
import type { Ports } from "../ports.ts";

/** So much of one destination is sent on at once. */
const BATCH_BYTES = 64 * 1024;

interface Buffer {
  readonly destination: LogDestination;
  readonly firstMs: number;
  lines: string;
  count: number;
  /** When it is to be sent on at the latest. */
  readonly dueMs: number;
}

type Delivering = Pick<Ports, "buckets" | "indexOf" | "settings">;

/**
 * The lines that an isolate has for the logs of buckets, until a shard has them: shard 0 of the bucket that they go to. They are sent
 * on together, so that a line costs a small part of a call. What is not sent yet when the isolate ends is lost, which is what AWS
 * promises, too: "best effort".
 */
export class AccessLog {
  readonly #flushMs: number;
  readonly #buffers = new Map<string, Buffer>();
  #droppedLines = 0;

  /** @param flushMs how long a line may wait for others */
  constructor(flushMs: number) {
    this.#flushMs = flushMs;
  }

  /** Lines that no shard took, since this isolate began. */
  get droppedLines(): number {
    return this.#droppedLines;
  }

  /** @param waiter keeps the isolate alive until the line is sent on */
  add(
    destination: LogDestination,
    record: AccessLogRecord,
    ports: Delivering,
    waiter: Waiter,
  ): void {
    const line = logLine(record);
    const nowMs = Date.now();
    const name = nameOf(destination, record.timeMs);
    let buffer = this.#buffers.get(name);
    if (buffer === undefined) {
      buffer = {
        destination,
        firstMs: record.timeMs,
        lines: "",
        count: 0,
        dueMs: nowMs + this.#flushMs,
      };
      this.#buffers.set(name, buffer);
      waiter.waitUntil(this.#flushLater(name, buffer, ports));
    }
    buffer.lines += line;
    buffer.count += 1;
    // An isolate's timer may be gone with the request that set it.
    const isOverdue = nowMs > buffer.dueMs + this.#flushMs;
    if (isOverdue || buffer.lines.length >= BATCH_BYTES)
      waiter.waitUntil(this.#flush(name, buffer, ports));
  }

  async #flushLater(name: string, buffer: Buffer, ports: Delivering): Promise<void> {
    await new Promise((resolve) => {
      setTimeout(resolve, this.#flushMs);
    });
    await this.#flush(name, buffer, ports);
  }

  async #flush(name: string, buffer: Buffer, ports: Delivering): Promise<void> {
    // Somebody else has sent it on.
    if (this.#buffers.get(name) !== buffer) return;
    this.#buffers.delete(name);
    const { destination, firstMs, lines, count } = buffer;
    try {
      const batch = { destination: JSON.stringify(destination), firstMs, lines, count };
      if (await append(ports, destination, batch)) return;
      this.#drop(count, destination, "the target bucket does not exist");
    } catch (error) {
      this.#drop(count, destination, String(error));
    }
  }

  #drop(count: number, { bucket, source }: LogDestination, reason: string): void {
    this.#droppedLines += count;
    log("warn", "access log lines dropped", {
      bucket: source.bucket,
      target: bucket,
      count,
      reason,
    });
  }
}

/** What goes into one log object. By the date of the events, a day has objects of its own. */
function nameOf(destination: LogDestination, timeMs: number): string {
  const { bucket, prefix, source, partition } = destination;
  const day = partition === "EventTime" ? Math.floor(timeMs / 86_400_000) : "";
  return JSON.stringify([bucket, prefix, source.bucket, partition, destination.grants, day]);
}

/**
 * @returns false: there is no such bucket
 * @throws S3Error AccessDenied: it is one that the log may not be written to, whose room its lines may not take
 */
async function append(
  ports: Delivering,
  destination: LogDestination,
  batch: LogBatch,
): Promise<boolean> {
  const { bucket: name } = destination;
  const appendTo = async (bucket: BucketRecord | undefined): Promise<boolean> => {
    if (bucket === undefined) return false;
    requireLogTarget(ports, bucket, destination);
    await ports.indexOf(bucket).appendLog(batch);
    return true;
  };
  try {
    return await appendTo(await ports.buckets.find(name));
  } catch (error) {
    const isOld = error instanceof StaleBucketError || error instanceof S3Error;
    if (!isOld) throw error;
    return appendTo(await ports.buckets.refresh(name));
  }
}
