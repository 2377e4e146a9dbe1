import {
  GetObjectCommand,
  ListObjectsV2Command,
  PutBucketLoggingCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { expect, test, vi } from "vitest";
import { type LedgeProcess, SERVER, startLedge } from "../support/ledge-process.ts";
import { sdkClient, uniqueBucket } from "../support/sdk.ts";

/** A line has so many fields, of which the eighth is the operation and the ninth the key. */
const FIELDS = 26;
const PUTS = 16;
/** Lines become an object as soon as a shard has them. */
const variables = { LOG_ROLL_SECONDS: "0" };

/** Keys that the log of a bucket says were put, of each line one. */
async function loggedPuts(s3: S3Client, target: string): Promise<string[]> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: target }));
  const keys: string[] = [];
  const texts = Contents.map(async ({ Key }) => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: target, Key }));
    return (await Body?.transformToString()) ?? "";
  });
  for (const text of await Promise.all(texts)) {
    // None is half there.
    expect(text.endsWith("\n")).toBe(true);
    for (const line of text.slice(0, -1).split("\n")) {
      const fields = line.match(/\[[^\]]*\]|"[^"]*"|[^ ]+/g) ?? [];
      expect(fields, line).toHaveLength(FIELDS);
      if (fields[6] === "REST.PUT.OBJECT") keys.push(fields[7] ?? "");
    }
  }
  return keys.toSorted();
}

async function put(s3: S3Client, bucket: string, prefix: string): Promise<string[]> {
  const keys = Array.from({ length: PUTS }, (_, i) => `${prefix}${i}`);
  const puts = keys.map((Key) => s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: Key })));
  await Promise.all(puts);
  return keys;
}

// workerd ends with its requests, and does not wait for what goes on beside them.
test.skipIf(SERVER !== "ledge serve")(
  "no line of an access log is lost by SIGTERM, and none is there twice or in part after a kill",
  async () => {
    let ledge: LedgeProcess = await startLedge({ variables });
    const { dataFolder } = ledge;
    try {
      let s3 = sdkClient(ledge);
      const [bucket, target] = [await uniqueBucket(s3), await uniqueBucket(s3)];
      const Policy = JSON.stringify({
        Version: "2012-10-17",
        Statement: {
          Effect: "Allow",
          Principal: { Service: "logging.s3.amazonaws.com" },
          Action: "s3:PutObject",
          Resource: `arn:aws:s3:::${target}/*`,
        },
      });
      await s3.send(new PutBucketPolicyCommand({ Bucket: target, Policy }));
      const LoggingEnabled = { TargetBucket: target, TargetPrefix: "" };
      const BucketLoggingStatus = { LoggingEnabled };
      await s3.send(new PutBucketLoggingCommand({ Bucket: bucket, BucketLoggingStatus }));

      // At once: the lines are in memory only.
      const first = await put(s3, bucket, "term-");
      await ledge.kill("SIGTERM");
      ledge = await startLedge({ variables, dataFolder });
      s3 = sdkClient(ledge);
      await vi.waitFor(async () => expect(await loggedPuts(s3, target)).toEqual(first.toSorted()), {
        timeout: 30_000,
        interval: 20,
      });

      // In the middle of its deliveries.
      await put(s3, bucket, "kill-");
      const under = put(s3, bucket, "more-").catch(() => undefined);
      await ledge.kill("SIGKILL");
      await under;
      ledge = await startLedge({ variables, dataFolder });
      s3 = sdkClient(ledge);
      const last = await put(s3, bucket, "last-");
      await vi.waitFor(
        async () => expect(await loggedPuts(s3, target)).toEqual(expect.arrayContaining(last)),
        { timeout: 30_000, interval: 20 },
      );
      const logged = await loggedPuts(s3, target);
      expect(new Set(logged).size).toBe(logged.length);
      expect(logged).toEqual(expect.arrayContaining(first));
    } finally {
      await ledge.stop();
    }
  },
);
