import { vi } from "vitest";
import { neighbourOf } from "./copy.ts";
import { fetchAs } from "./accounts.ts";
import { putObject, signedFetch, uniqueBucket } from "./client.ts";
import { expectOk, putDocument } from "./documents.ts";
import { notify, ONE, queueOf } from "./event-receiver.ts";
import { loggingTo, logBucket, putLogging, send } from "./access-log.ts";
import { advanceClock, bucketIdOf } from "./faults.ts";
import { shardOfKey } from "../../src/storage/wire/slots.ts";
import { replicate, ruleTo } from "./replication.ts";
import { runDueAlarm, SHARDS } from "./shards.ts";
import { setVersioning, versionedBucket } from "./versions.ts";
import { PART_BYTES } from "./multipart.ts";
import { partBytes, putInParts } from "./multipart-object.ts";
import { sessionOfRole } from "./sessions.ts";

/* Requests whose cost is counted. */

export function putTags(path: string): Promise<Response> {
  const tag = "<Tag><Key>k</Key><Value>v</Value></Tag>";
  return putDocument(path, { tagging: "" }, "Tagging", `<TagSet>${tag}</TagSet>`);
}

/** @param before how many bodies of this size the object consists of beside its first */
export function append(
  bucket: string,
  key: string,
  body: Uint8Array<ArrayBuffer>,
  before: number,
): Promise<Response> {
  const offset = (before + 1) * body.length;
  return putObject(bucket, key, body, { "x-amz-write-offset-bytes": String(offset) });
}

export function annotate(bucket: string, key: string): Promise<Response> {
  const query = { annotation: "", annotationName: "note" };
  return signedFetch("PUT", `/${bucket}/${key}`, { query, body: "text" });
}

export function listPage(bucket: string, maxKeys: number): Promise<Response> {
  const query = { "list-type": "2", "max-keys": String(maxKeys) };
  return signedFetch("GET", `/${bucket}`, { query });
}

/** By temporary credentials that have been used before. */
export async function readBySession(
  bucket: string,
  meter: { readonly reset: () => void },
): Promise<Response> {
  const session = await sessionOfRole();
  await fetchAs(session, "GET", `/${bucket}/inline-1`);
  meter.reset();
  return fetchAs(session, "GET", `/${bucket}/inline-0`);
}

/** The keys that are of one kind, and numbered. */
export function deleteAll(
  bucket: string,
  kind: "blob" | "inline",
  count: number,
): Promise<Response> {
  const keys = Array.from({ length: count }, (_, i) => `<Key>${kind}-${i}</Key>`);
  const body = `<Delete>${keys.map((key) => `<Object>${key}</Object>`).join("")}</Delete>`;
  return signedFetch("POST", `/${bucket}`, { query: { delete: "" }, body });
}

/** A bucket with so many keys of each kind. */
export async function filledBucket(
  count: number,
  inline: Uint8Array<ArrayBuffer>,
  blob: Uint8Array<ArrayBuffer>,
): Promise<string> {
  const bucket = await uniqueBucket();
  // The blobs twice: the first garbage of a shard arms its alarm, which is not the cost of every request.
  for (const [kind, body] of [
    ["inline", inline],
    ["blob", blob],
    ["blob", blob],
  ] as const) {
    const puts = Array.from({ length: count }, (_, i) => putObject(bucket, `${kind}-${i}`, body));
    await Promise.all(puts);
  }
  return bucket;
}

/** Puts an object that a webhook is to be told of. @param begin called when the bucket is ready */
export async function putNotified(
  bucket: string,
  key: string,
  body: Uint8Array<ArrayBuffer>,
  begin: () => void,
): Promise<Response> {
  await notify(bucket, queueOf(ONE, ["s3:ObjectCreated:*"]));
  // Its delivery is not the request's: the runtime's clock does not get there.
  advanceClock(3_600_000);
  begin();
  const answer = await putObject(bucket, key, body);
  vi.useRealTimers();
  return answer;
}

/** Reads an object of so many parts, or some of it. */
export async function readParts(
  bucket: string,
  partCount: number,
  method: string,
  begin: () => void,
  query: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const sizes = Array.from({ length: partCount }, (_, i) => (i + 1 < partCount ? PART_BYTES : 1));
  const checksum = { algorithm: "SHA256", type: "COMPOSITE" } as const;
  await putInParts(bucket, "parts", sizes.map(partBytes), checksum);
  begin();
  const headers = { "x-amz-object-attributes": "ObjectParts" };
  return signedFetch(method, `/${bucket}/parts`, { query, headers });
}

/** An object in a bucket whose log goes to another one, with the line, which goes there by itself. */
export async function putLogged(
  bucket: string,
  body: Uint8Array<ArrayBuffer>,
  begin: () => void,
): Promise<Response> {
  const target = await logBucket();
  await expectOk(putLogging(bucket, loggingTo(target)));
  // The gateway has heard of the log, and knows the target.
  await send("GET", `/${bucket}/new`);
  advanceClock(3_600_000);
  begin();
  const answer = await send("PUT", `/${bucket}/new`, { body });
  vi.useRealTimers();
  return answer;
}

/** Puts an object that another bucket of the deployment is to get. @param begin called when the buckets are ready */
export async function putReplicated(
  bucket: string,
  body: Uint8Array<ArrayBuffer>,
  begin: () => void,
): Promise<Response> {
  const to = await versionedBucket();
  await setVersioning(bucket, "Enabled");
  await replicate(bucket, ruleTo(to));
  // Only then do the alarms ring that the test lets ring.
  advanceClock(3_600_000);
  // A destination that has had a replica, and whose records are remembered.
  await putObject(bucket, neighbourOf(REPLICATED), body);
  await runDueAlarm(await shardOf(bucket, REPLICATED));
  begin();
  const answer = await putObject(bucket, REPLICATED, body);
  vi.useRealTimers();
  return answer;
}

/** Has that bucket get it. */
export async function deliverReplica(
  bucket: string,
  body: Uint8Array<ArrayBuffer>,
  begin: () => void,
): Promise<Response> {
  const answer = await putReplicated(bucket, body, () => undefined);
  const shard = await shardOf(bucket, REPLICATED);
  advanceClock(3_600_000);
  begin();
  await runDueAlarm(shard);
  vi.useRealTimers();
  return answer;
}

const REPLICATED = "new";

async function shardOf(bucket: string, key: string): Promise<string> {
  return `${await bucketIdOf(bucket)}/${shardOfKey(key, SHARDS)}`;
}
