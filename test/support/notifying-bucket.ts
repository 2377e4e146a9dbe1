import { bucketIdOf } from "./faults.ts";
import { uniqueBucket } from "./client.ts";
import { type EventReceiver, notify, ONE, queueOf } from "./event-receiver.ts";
import { keyInShard, query } from "./shards.ts";

/** A bucket that notifies, of which a test looks at one shard. */
export interface NotifyingBucket {
  readonly bucket: string;
  /** The shard that all keys of the test are in. */
  readonly shard: string;
  /** A key of it, another for each name. */
  readonly key: (name: string) => string;
}

export async function notifying(
  content = queueOf(ONE, ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]),
): Promise<NotifyingBucket> {
  const bucket = await uniqueBucket();
  await notify(bucket, content);
  return { bucket, shard: `${await bucketIdOf(bucket)}/0`, key: (name) => keyInShard(0, name) };
}

export function waiting({ shard }: NotifyingBucket): Promise<{ key: string; attempts: number }[]> {
  return query(shard, "SELECT key, attempts FROM outbox ORDER BY id");
}

/** `Put key`, in the order in which they were taken. */
export function told(receiver: EventReceiver, { bucket }: NotifyingBucket): string[] {
  return receiver
    .recordsOf(bucket)
    .map(({ eventName, s3 }) => `${eventName.split(":")[1]} ${s3.object["key"]}`);
}
