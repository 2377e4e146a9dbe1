import { vi } from "vitest";
import {
  type CreatedBy,
  eventListeners,
  type ObjectEvent,
} from "../../src/storage/bucket-shard/events.ts";
import type { Transaction } from "../../src/storage/bucket-shard/transaction.ts";
import type { BucketRecord } from "../../src/storage/ports/bucket-directory.ts";
import { sequencer } from "../../src/protocol/events/event-record.ts";
import { signedFetch } from "./client.ts";
import { EventReceiver, notify, ONE, queueOf } from "./event-receiver.ts";
import { shardsOf } from "./growth.ts";
import type { Place } from "./object-store.ts";
import { query } from "./shards.ts";

const EVENTS = ["s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:LifecycleExpiration:*"];

const CREATED_BY: Readonly<Record<CreatedBy, string>> = {
  Put: "Put",
  Append: "Put",
  Copy: "Copy",
  Rename: "Copy",
  CompleteMultipartUpload: "CompleteMultipartUpload",
};

interface Told {
  readonly bucket: string;
  readonly key: string;
  /** What happened, and to which version. */
  readonly name: string;
  readonly sequencer: string;
}

type Witnessed = { name: string; key: string; sequencer: string | null };

/** What became of an object, or undefined where the configuration does not ask for it. */
function nameOf(event: ObjectEvent): string | undefined {
  if (event.kind === "changed") return undefined;
  const version = event.row.version_id ?? "null";
  if (event.kind === "created") return `ObjectCreated:${CREATED_BY[event.by]} ${version}`;
  const family = event.by === "Lifecycle" ? "LifecycleExpiration" : "ObjectRemoved";
  return `${family}:${event.kind === "removed" ? "Delete" : "DeleteMarkerCreated"} ${version}`;
}

/**
 * Buckets that tell a webhook of what happens in them, which fails at random, before it has taken an event or after. Beside the
 * outbox, each shard writes down in the same transaction what happened, so that both lists can be compared.
 */
export class ToldEvents {
  readonly #receiver = new EventReceiver();
  readonly #buckets: readonly BucketRecord[];
  readonly #told: Told[] = [];
  /** What was given up comes once more, behind what came meanwhile. */
  readonly #givenUp = new Set<string>();
  #isReliable = false;

  private constructor(buckets: readonly BucketRecord[]) {
    this.#buckets = buckets;
  }

  static async of(
    buckets: readonly BucketRecord[],
    random: (bound: number) => number,
  ): Promise<ToldEvents> {
    const events = new ToldEvents(buckets);
    events.#listen(random);
    for (const bucket of buckets) {
      for (const shard of await shardsOf(bucket))
        await query(shard, "CREATE TABLE witness (name TEXT, key TEXT, sequencer TEXT)");
      await notify(bucket.name, queueOf(ONE, EVENTS));
    }
    eventListeners.add(events.#witness);
    return events;
  }

  /** Buckets tell nobody any more. */
  end(): void {
    eventListeners.delete(this.#witness);
    vi.unstubAllGlobals();
  }

  readonly #witness = ({ sql, state }: Transaction, event: ObjectEvent): void => {
    const name = nameOf(event);
    if (name === undefined || !this.#buckets.some(({ id }) => state.name.startsWith(`${id}/`)))
      return;
    // That of a removal is its own, which only the record knows.
    const known = event.kind === "removed" ? null : sequencer(event.row.sequence);
    sql.exec("INSERT INTO witness VALUES (?, ?, ?)", name, event.row.key, known);
  };

  #listen(random: (bound: number) => number): void {
    const taken = new Response(null, { status: 204 });
    this.#receiver.listen();
    this.#receiver.answer = ({ body }) => {
      const luck = this.#isReliable ? 9 : random(10);
      if (luck < 2) return new Response(null, { status: 503 });
      this.#take(body);
      if (luck === 2) throw new Error("the answer is lost");
      return luck === 3 ? new Response(null, { status: 500 }) : taken.clone();
    };
  }

  #take(body: string): void {
    const { Records = [] } = JSON.parse(body) as {
      readonly Records?: readonly {
        readonly eventName: string;
        readonly s3: {
          readonly bucket: { readonly name: string };
          readonly object: Readonly<Record<"key" | "versionId" | "sequencer", string | undefined>>;
        };
      }[];
    };
    for (const { eventName, s3 } of Records)
      this.#told.push({
        bucket: s3.bucket.name,
        key: s3.object.key ?? "",
        name: `${eventName} ${s3.object.versionId ?? "null"}`,
        sequencer: s3.object.sequencer ?? "",
      });
  }

  /** From now on the target takes everything, what was given up as well, as soon as it is delivered. */
  async mend(): Promise<void> {
    this.#isReliable = true;
    for (const bucket of this.#buckets) {
      for (const shard of await shardsOf(bucket))
        for (const { record } of await query<{ record: string }>(
          shard,
          "SELECT record FROM dead_letter",
        )) {
          const { s3 } = JSON.parse(record) as {
            readonly s3: { readonly object: Pick<Told, "key" | "sequencer"> };
          };
          this.#givenUp.add(identityOf({ ...s3.object, bucket: bucket.name }));
        }
      await signedFetch("POST", `/_ledge/buckets/${bucket.name}/dead-letters/redrive`);
    }
  }

  /**
   * What is wrong, once everything was delivered: something was not told, or told and not done, or told out of its key's order.
   *
   * @param made versions that clients were told of, or know to be there
   */
  async faults(
    made: readonly { readonly at: Place; readonly versionId: string }[],
  ): Promise<string[]> {
    const faults: string[] = [];
    for (const record of this.#buckets) {
      const { name: bucket, id } = record;
      const told = this.#told.filter((event) => event.bucket === bucket);
      const happened: Witnessed[] = [];
      for (const shard of await shardsOf(record))
        happened.push(...(await query<Witnessed>(shard, "SELECT * FROM witness")));
      faults.push(...differences(happened, told).map((fault) => `${bucket}: ${fault}`));
      faults.push(...disorder(told.filter((event) => !this.#givenUp.has(identityOf(event)))));
      for (const { at, versionId } of made)
        if (at.bucket.id === id && !told.some((event) => isOf(event, at.key, versionId)))
          faults.push(`nobody was told of ${bucket}/${at.key} ${versionId}`);
    }
    return faults;
  }

  get count(): number {
    return this.#told.length;
  }
}

/** A bucket's shards give the same numbers, but none for a key of another. */
function identityOf({ bucket, key, sequencer: number }: Omit<Told, "name">): string {
  return `${bucket}/${key} ${number}`;
}

function isOf({ key, name }: Told, wantedKey: string, versionId: string): boolean {
  return key === wantedKey && name.endsWith(` ${versionId}`) && !name.includes(":Delete ");
}

/** Each thing that happened was told, under one sequencer of its own, and nothing else was. */
function differences(happened: readonly Witnessed[], told: readonly Told[]): string[] {
  const toldBy = new Map<string, Set<string>>();
  for (const { key, name, sequencer: number } of told) {
    const of = `${key} ${name}`;
    toldBy.set(of, (toldBy.get(of) ?? new Set()).add(number));
  }
  const faults: string[] = [];
  const happenedBy = Map.groupBy(happened, ({ key, name }) => `${key} ${name}`);
  for (const [of, events] of happenedBy) {
    const numbers = toldBy.get(of) ?? new Set();
    if (numbers.size !== events.length)
      faults.push(`${of} happened ${events.length} times, and was told ${numbers.size} times`);
    for (const { sequencer: number } of events)
      if (number !== null && !numbers.has(number)) faults.push(`${of} ${number} was not told`);
  }
  for (const of of toldBy.keys())
    if (!happenedBy.has(of)) faults.push(`${of} was told, and has not happened`);
  return faults;
}

/** Anything new of a key comes behind all that is older. */
function disorder(told: readonly Told[]): string[] {
  const newest = new Map<string, string>();
  const seen = new Set<string>();
  const faults: string[] = [];
  for (const event of told) {
    const { key, name, sequencer: number } = event;
    if (seen.has(identityOf(event))) continue;
    seen.add(identityOf(event));
    if (number <= (newest.get(key) ?? "")) faults.push(`${key} ${name} was told too late`);
    else newest.set(key, number);
  }
  return faults;
}
