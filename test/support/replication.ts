import { env } from "cloudflare:workers";
import { expect, vi } from "vitest";
import { elements, encodeKey, signedFetch } from "./client.ts";
import { putDocument } from "./documents.ts";
import { versionedBucket } from "./versions.ts";

export const ROLE = `arn:aws:iam::${env.ACCOUNT_ID}:role/replication`;

export interface RuleOptions {
  readonly id?: string;
  readonly priority?: number;
  readonly filter?: string;
  readonly status?: string;
  /** What stands in `Destination` beside the bucket. */
  readonly destination?: string;
  /** What stands in the rule beside. */
  readonly also?: string;
  readonly markers?: "Disabled" | "Enabled";
}

/** A rule of the newer form. */
export function ruleTo(
  bucket: string,
  {
    id = `to-${bucket}`,
    priority = 1,
    filter = "",
    status = "Enabled",
    destination = "",
    also = "",
    markers = "Enabled",
  }: RuleOptions = {},
): string {
  return `<Rule><ID>${id}</ID><Priority>${priority}</Priority><Filter>${filter}</Filter>
    <Status>${status}</Status>${also}
    <Destination><Bucket>arn:aws:s3:::${bucket}</Bucket>${destination}</Destination>
    <DeleteMarkerReplication><Status>${markers}</Status></DeleteMarkerReplication></Rule>`;
}

export function putReplication(bucket: string, rules: string, role = ROLE): Promise<Response> {
  const content = `<Role>${role}</Role>${rules}`;
  return putDocument(`/${bucket}`, { replication: "" }, "ReplicationConfiguration", content);
}

/** Has a bucket replicate. */
export async function replicate(bucket: string, rules: string): Promise<void> {
  const answer = await putReplication(bucket, rules);
  expect(answer.status, await answer.text()).toBe(200);
}

export interface Pair {
  readonly from: string;
  readonly to: string;
}

/** A bucket that replicates everything to another. */
export async function replicatedPair(options: RuleOptions = {}): Promise<Pair> {
  const [from, to] = [await versionedBucket(), await versionedBucket()];
  await replicate(from, ruleTo(to, options));
  return { from, to };
}

export function head(bucket: string, key: string, versionId?: string): Promise<Response> {
  const query = versionId === undefined ? {} : { versionId };
  return signedFetch("HEAD", `/${bucket}/${encodeKey(key)}`, { query });
}

export async function statusOf(
  bucket: string,
  key: string,
  versionId?: string,
): Promise<string | null> {
  return (await head(bucket, key, versionId)).headers.get("x-amz-replication-status");
}

/** Waits until a version's replication has come so far. */
export function becomes(
  status: string,
  bucket: string,
  key: string,
  versionId?: string,
): Promise<void> {
  return vi.waitFor(async () => expect(await statusOf(bucket, key, versionId)).toBe(status), {
    timeout: 10_000,
    interval: 10,
  });
}

/** Each version of a bucket: key, id, whether it is a marker, and ETag; the newest of a key first. */
export async function versionsOf(bucket: string): Promise<string[]> {
  const response = await signedFetch("GET", `/${bucket}`, { query: { versions: "" } });
  const document = await response.text();
  const nodes = document.matchAll(/<(Version|DeleteMarker)>(.*?)<\/\1>/g);
  return Array.from(nodes, ([, kind = "", content = ""]) =>
    [kind, ...["Key", "VersionId", "ETag"].map((name) => elements(content, name)[0] ?? "")].join(
      " ",
    ),
  );
}

/** Waits until a destination has the versions of the source, in their order. */
export function expectSame({ from, to }: Pair): Promise<void> {
  return vi.waitFor(async () => expect(await versionsOf(to)).toEqual(await versionsOf(from)), {
    timeout: 10_000,
    interval: 20,
  });
}
