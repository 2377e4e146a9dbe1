import { readdirSync, readFileSync } from "node:fs";
import { cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutBucketReplicationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { expect, test, vi } from "vitest";
import { SignedRequests } from "../../cli/maintenance/signed-requests.ts";
import { startLedge } from "../../cli/testing.ts";
import { blobIds } from "../support/data-folder.ts";
import { everythingStored } from "../support/everything-stored.ts";
import { expectSdkError, sdkClient } from "../support/sdk.ts";
import { UnreliableReceiver } from "../support/unreliable-receiver.ts";

const FIXTURES = path.resolve(import.meta.dirname, "../fixtures");
const WAIT = { timeout: 20_000, interval: 20 };
const EARLIER = readdirSync(FIXTURES).filter((name) => /^data-folder-\d+$/.test(name));

test.for(EARLIER)("%s, of an earlier version, is read, written and cleaned up", async (name) => {
  await using folder = await copyOf(path.join(FIXTURES, name, "data"));
  const answers: object[] = JSON.parse(
    readFileSync(path.join(FIXTURES, name, "answers.json"), "utf8"),
  );
  const blobCount = (await blobIds(folder.path)).length;
  await using ledge = await started(folder.path);
  const s3 = sdkClient(ledge);
  expect(await everythingStored(s3)).toMatchObject(answers);

  // What an overwrite had left behind is due by now; the blobs that something refers to stay.
  const isCleanedUp = async () => (await blobIds(folder.path)).length === blobCount - 1;
  await vi.waitUntil(isCleanedUp, WAIT);
  const Bucket = "earlier";
  await s3.send(new PutObjectCommand({ Bucket, Key: "inline", Body: Buffer.alloc(20_000) }));
  await s3.send(new DeleteObjectCommand({ Bucket, Key: "blob" }));
  const now = JSON.stringify(await everythingStored(s3));
  expect(now).toContain('"Key":"inline","LastModified"');
  expect(now).not.toContain('"Key":"blob"');
});

/** Those with something in them that had not been delivered. */
const WITH_WAITING = EARLIER.filter((name) =>
  readFileSync(path.join(FIXTURES, name, "answers.json"), "utf8").includes('"earlier-waiting"'),
);

test.for(WITH_WAITING)(
  "what waited in %s is delivered: events, lines of an access log, a replica that was given up",
  async (name) => {
    const [from, to] = ["earlier-waiting", "earlier-unwilling"];
    await using folder = await copyOf(path.join(FIXTURES, name, "data"));
    const receiver = new UnreliableReceiver();
    receiver.isReliable = true;
    const hook = `hook=${await receiver.start()}`;
    try {
      await using ledge = await started(folder.path, ["--event-target", hook]);
      const s3 = sdkClient(ledge);
      const told = () => receiver.taken.map(({ s3: { object } }) => object.key).toSorted();
      await vi.waitFor(() => expect(told()).toEqual(["told-1", "told-2"]), WAIT);
      const logged = () => textsIn(s3, "earlier-logs");
      await vi.waitFor(async () => expect(await logged()).toMatch(/ told-1 .*\n.* told-2 /), WAIT);

      const VersioningConfiguration = { Status: "Enabled" } as const;
      await s3.send(new PutBucketVersioningCommand({ Bucket: to, VersioningConfiguration }));
      await putReplication(s3, from, to);
      const { endpoint: url, region, credentials } = ledge;
      const requests = new SignedRequests({ url, region, ...credentials });
      const redrive = `/_ledge/buckets/${from}/dead-letters/redrive`;
      expect(await requests.json("POST", redrive)).toEqual({ redriven: 1 });
      requests.close();
      const arrived = () => s3.send(new GetObjectCommand({ Bucket: to, Key: "unwanted" }));
      const { Body } = await vi.waitFor(arrived, WAIT);
      expect(await Body?.transformToString()).toBe("unwanted");
    } finally {
      await receiver.die();
    }
  },
);

const LATER_STEPS = 1000;

test("data of a later version are refused until that version is back, and stay as they are", async () => {
  const name = EARLIER.at(-1) ?? "";
  await using folder = await copyOf(path.join(FIXTURES, name, "data"));
  await addSteps(folder.path, LATER_STEPS);
  {
    await using ledge = await started(folder.path);
    const s3 = sdkClient(ledge);
    await expectSdkError(s3.send(new ListBucketsCommand({})), 500, "InternalError");
    const put = new PutObjectCommand({ Bucket: "earlier", Key: "inline", Body: "lost" });
    await expectSdkError(s3.send(put), 500, "InternalError");
  }
  await addSteps(folder.path, -LATER_STEPS);
  await using ledge = await started(folder.path);
  const answers = readFileSync(path.join(FIXTURES, name, "answers.json"), "utf8");
  expect(await everythingStored(sdkClient(ledge))).toMatchObject(JSON.parse(answers));
});

/** As if all databases had been through so many more steps of their schema than they have. */
async function addSteps(dataFolder: string, steps: number): Promise<void> {
  const index = path.join(dataFolder, "index");
  for (const name of await readdir(index, { recursive: true })) {
    if (!/[0-9a-f]{64}\.sqlite$/.test(name)) continue;
    const database = new DatabaseSync(path.join(index, name));
    database.prepare("UPDATE migration SET steps = steps + ?").run(steps);
    database.close();
  }
}

async function putReplication(s3: S3Client, Bucket: string, to: string): Promise<void> {
  const rule = { ID: "r", Status: "Enabled", Filter: {}, Priority: 1 } as const;
  const DeleteMarkerReplication = { Status: "Disabled" } as const;
  const Rules = [
    { ...rule, DeleteMarkerReplication, Destination: { Bucket: `arn:aws:s3:::${to}` } },
  ];
  const ReplicationConfiguration = { Role: "arn:aws:iam::000000000000:role/replication", Rules };
  await s3.send(new PutBucketReplicationCommand({ Bucket, ReplicationConfiguration }));
}

async function textsIn(s3: S3Client, Bucket: string): Promise<string> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
  const texts = Contents.map(async ({ Key }) => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
    return Body?.transformToString();
  });
  return (await Promise.all(texts)).join("");
}

async function copyOf(data: string) {
  const copy = await mkdtemp(path.join(tmpdir(), "ledge-earlier-"));
  await cp(data, copy, { recursive: true });
  return {
    path: copy,
    [Symbol.asyncDispose]: () => rm(copy, { recursive: true, force: true }),
  };
}

async function started(dataFolder: string, args: readonly string[] = []) {
  const ledge = await startLedge({ dataFolder, args });
  return { ...ledge, [Symbol.asyncDispose]: () => ledge.stop() };
}
