import { afterEach, beforeEach, expect, test } from "vitest";
import { eventListeners, type ObjectEvent } from "../../src/storage/bucket-shard/events.ts";
import { shardOfKey } from "../../src/storage/wire/slots.ts";
import { setAcl } from "../support/acl.ts";
import { annotate } from "../support/annotations.ts";
import { encodeKey, putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import { copied, neighbourOf, strangerTo } from "../support/copy.ts";
import { putDocument } from "../support/documents.ts";
import { bucketIdOf } from "../support/faults.ts";
import { completed, createUpload, putPart } from "../support/multipart.ts";
import { lockedBucket, putLegalHold, putRetention } from "../support/object-lock.ts";
import { query, SHARDS } from "../support/shards.ts";
import { remove, setVersioning, versionedBucket } from "../support/versions.ts";

const KEY = "k";

const heard: ObjectEvent[] = [];
const listener = (_: unknown, event: ObjectEvent): void => void heard.push(event);

beforeEach(() => void eventListeners.add(listener));

afterEach(() => {
  eventListeners.delete(listener);
  heard.length = 0;
});

/** What was heard since, as `created by Put`, with the key unless that is {@link KEY}. */
function events(): string[] {
  return heard.splice(0).map((event) => {
    const what = event.kind === "changed" ? event.what : `by ${event.by}`;
    return [event.kind, what, ...(event.row.key === KEY ? [] : [event.row.key])].join(" ");
  });
}

async function makeObject(bucket: string): Promise<void> {
  await putObject(bucket, KEY, "body");
  heard.length = 0;
}

function rename(bucket: string, key: string): Promise<Response> {
  return signedFetch("PUT", `/${bucket}/${encodeKey(key)}`, {
    query: { renameObject: "" },
    headers: { "x-amz-rename-source": KEY },
  });
}

interface Told {
  readonly name: string;
  readonly act: (bucket: string) => Promise<unknown>;
  readonly events: readonly string[];
}

const NEAR = neighbourOf(KEY);
const FAR = strangerTo(KEY);

test.for<Told>([
  {
    name: "PutObject",
    act: (bucket) => putObject(bucket, KEY, "other"),
    events: ["created by Put"],
  },
  {
    name: "PutObject that appends",
    act: (bucket) => putObject(bucket, KEY, "more", { "x-amz-write-offset-bytes": "4" }),
    events: ["created by Append"],
  },
  {
    name: "CopyObject",
    act: (bucket) => copied(`${bucket}/${KEY}`, `${bucket}/${NEAR}`),
    events: [`created by Copy ${NEAR}`],
  },
  {
    name: "CompleteMultipartUpload",
    async act(bucket) {
      const uploadId = await createUpload(bucket, KEY);
      await completed(bucket, KEY, uploadId, [await putPart(bucket, KEY, uploadId, 1, "part")]);
    },
    events: ["created by CompleteMultipartUpload"],
  },
  {
    name: "RenameObject within a shard",
    act: (bucket) => rename(bucket, NEAR),
    events: [`created by Rename ${NEAR}`, "removed by Rename"],
  },
  {
    name: "RenameObject to another shard, if there is one",
    act: (bucket) => rename(bucket, FAR),
    events: [`created by Rename ${FAR}`, "removed by Rename"],
  },
  { name: "DeleteObject", act: (bucket) => remove(bucket, KEY), events: ["removed by Delete"] },
  { name: "DeleteObject of nothing", act: (bucket) => remove(bucket, "none"), events: [] },
  {
    name: "a PutObject that is refused",
    act: (bucket) => signedFetch("PUT", `/${bucket}/${KEY}`, { headers: { "if-none-match": "*" } }),
    events: [],
  },
  {
    name: "PutObjectTagging",
    act: (bucket) => putDocument(`/${bucket}/${KEY}`, { tagging: "" }, "Tagging", "<TagSet/>"),
    events: ["changed tags"],
  },
  {
    name: "PutObjectAnnotation",
    act: (bucket) => annotate(`${bucket}/${KEY}`, "note"),
    events: ["changed annotation"],
  },
  {
    name: "PutObjectAcl",
    act: (bucket) => setAcl(`${bucket}/${KEY}`, { "x-amz-acl": "public-read" }),
    events: ["changed acl"],
  },
  { name: "GetObject", act: (bucket) => signedFetch("GET", `/${bucket}/${KEY}`), events: [] },
])("$name tells what happened to the object", async ({ act, events: expected }) => {
  const bucket = await uniqueBucket();
  await makeObject(bucket);
  await act(bucket);
  expect(events()).toEqual(expected);
});

test("a delete in a bucket with versions tells of the marker, and of the version that goes", async () => {
  const bucket = await versionedBucket();
  await makeObject(bucket);
  const marker = await remove(bucket, KEY);
  expect(events()).toEqual(["marked by Delete"]);
  await remove(bucket, KEY, marker.headers.get("x-amz-version-id") ?? "");
  expect(events()).toEqual(["removed by Delete"]);
  await setVersioning(bucket, "Suspended");
  await rename(bucket, NEAR);
  expect(events()).toEqual([`created by Rename ${NEAR}`, "marked by Rename"]);
});

test("a change of a lock tells of it", async () => {
  const bucket = await lockedBucket();
  await makeObject(bucket);
  await putLegalHold(`/${bucket}/${KEY}`, "ON");
  await putRetention(`/${bucket}/${KEY}`, "GOVERNANCE");
  expect(events()).toEqual(["changed legal-hold", "changed retention"]);
});

test("an event has the row as it is written", async () => {
  const bucket = await uniqueBucket();
  await putObject(bucket, KEY, "body");
  await putDocument(`/${bucket}/${KEY}`, { tagging: "" }, "Tagging", "<TagSet/>");
  await remove(bucket, KEY);
  const row = { size_bytes: 4, etag: "841a2d689ad86bd1611447453c22c6fc", attributes: null };
  expect(heard).toMatchObject([{ row }, { row }, { row }]);
  const [created, ...others] = heard.map((event) => event.row.sequence);
  expect(others).toEqual([created, created]);
});

test("an effect that a listener cannot take is undone, with the jobs that it scheduled", async () => {
  const bucket = await uniqueBucket();
  await putObject(bucket, KEY, "b".repeat(20_000));
  const refusing = (): void => {
    throw new Error("no room for the event");
  };
  eventListeners.add(refusing);
  const refused = await signedFetch("DELETE", `/${bucket}/${KEY}`);
  eventListeners.delete(refusing);
  expect(refused.status).toBe(500);
  const shard = `${await bucketIdOf(bucket)}/${shardOfKey(KEY, SHARDS)}`;
  const scheduled = "SELECT kind FROM job WHERE kind = 'garbage'";
  expect(await query(shard, scheduled)).toEqual([]);
  expect((await signedFetch("HEAD", `/${bucket}/${KEY}`)).status).toBe(200);
  await remove(bucket, KEY);
  expect(await query(shard, scheduled)).toEqual([{ kind: "garbage" }]);
});
