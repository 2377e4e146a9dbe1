import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { fetchAs, newAccount } from "../support/accounts.ts";
import { ENDPOINT, expectError, rawFetch, signedFetch, uniqueBucket } from "../support/client.ts";

const LARGE = new Uint8Array(70_000).fill(7);

interface Bucket {
  readonly name: string;
  readonly id: string;
  readonly shards: readonly string[];
}

let name: string;
let bucket: Bucket;
beforeAll(async () => {
  name = await uniqueBucket();
  await put("small", "small");
  await put("large", LARGE);
  bucket = await bucketOf(name);
});

const json = async <T>(response: Response): Promise<T> => {
  expect(response.status).toBe(200);
  return response.json<T>();
};

async function put(key: string, body: string | Uint8Array<ArrayBuffer>): Promise<void> {
  expect((await signedFetch("PUT", `/${name}/${key}`, { body })).status).toBe(200);
}

async function bucketOf(wanted: string): Promise<Bucket> {
  let after: string | undefined = "";
  while (after !== undefined) {
    const page: { buckets: readonly Bucket[]; next?: string } = await json(
      await signedFetch("GET", "/_ledge/buckets", { query: { after } }),
    );
    const found = page.buckets.find((each) => each.name === wanted);
    if (found !== undefined) return found;
    after = page.next;
  }
  throw new Error(`no bucket ${wanted}`);
}

interface Page {
  readonly findings: readonly { readonly subject: string; readonly detail: string }[];
  readonly next?: string;
}

/** `<check> <subject>` of all findings of all checks. */
async function findings(): Promise<readonly string[]> {
  const { checks } = await json<{ checks: readonly { readonly name: string }[] }>(
    await signedFetch("GET", "/_ledge/checks"),
  );
  const found: string[] = [];
  for (const { name: check } of checks)
    for (const shardName of bucket.shards) {
      let after: string | undefined = "";
      while (after !== undefined) {
        const shard = shardName.slice(shardName.indexOf("/") + 1);
        const page: Page = await json(
          await signedFetch("GET", `/_ledge/buckets/${name}/check/${check}`, {
            query: { shard, after },
          }),
        );
        found.push(...page.findings.map(({ subject }) => `${check} ${subject}`));
        after = page.next;
      }
    }
  return found;
}

const REQUESTS = [
  ["GET", "checks"],
  ["GET", "buckets"],
  ["GET", "directory/check/orphan-documents"],
  ["POST", "directory/check/orphan-documents"],
  ["GET", "buckets/NAME/check/stored-blobs"],
  ["POST", "buckets/NAME/check/reference-counts"],
  ["GET", "buckets/NAME/backup"],
  ["GET", "buckets/NAME/backup/rows"],
  ["GET", "buckets/NAME/backup/annotations"],
  ["GET", "blobs/a/0/01m8ctf0byc843nx473wg1v8kk"],
  ["POST", "buckets/NAME/restore"],
  ["POST", "buckets/NAME/restore/look"],
  ["PUT", "buckets/NAME/restore/blobs"],
  ["POST", "buckets/NAME/restore/rows"],
  ["POST", "buckets/NAME/restore/annotations"],
  ["POST", "buckets/NAME/restore/finish"],
] as const;

test.each(REQUESTS)("%s %s is the deployment root's alone", async (method, path) => {
  const { keys } = await newAccount();
  const address = `/_ledge/${path.replace("NAME", name)}`;
  await expectError(await fetchAs(keys, method, address), 403, "AccessDenied");
  await expectError(await rawFetch(`${ENDPOINT}${address}`, { method }), 403, "AccessDenied");
});

test("an undamaged bucket is found to be, and a lost blob is told", async () => {
  expect(await findings()).toEqual([]);
  const { objects } = await env.BLOBS.list({ prefix: `${bucket.id}/` });
  const [blob] = objects;
  const bytes = await (await env.BLOBS.get(blob?.key ?? ""))?.arrayBuffer();
  await env.BLOBS.delete(blob?.key ?? "");
  expect(await findings()).toEqual([`stored-blobs ${blob?.key}`, 'object-bytes ["large","null"]']);
  await env.BLOBS.put(blob?.key ?? "", bytes ?? "");
  expect(await findings()).toEqual([]);
});

test("a bucket that is not being restored takes nothing", async () => {
  const path = `/_ledge/buckets/${name}/restore`;
  const headers = { "x-ledge-restore": "made up" };
  for (const step of ["look", "rows", "annotations", "finish"]) {
    const answer = await signedFetch("POST", `${path}/${step}`, { body: "{}", headers });
    await expectError(answer, 409, "BucketAlreadyExists");
  }
  const blob = { body: "x", headers, query: { shard: bucket.shards[0] ?? "" } };
  const answer = await signedFetch("PUT", `${path}/blobs`, blob);
  await expectError(answer, 409, "BucketAlreadyExists");
});

test.each([
  ["no such bucket", "GET", "buckets/none/check/segments?shard=0", "NoSuchBucket"],
  ["no such check", "GET", "buckets/NAME/check/nothing?shard=0", "InvalidRequest"],
  ["no such shard", "GET", "buckets/NAME/check/segments?shard=99", "InvalidRequest"],
  ["no such shard of a backup", "GET", "buckets/NAME/backup/rows?shard=x", "InvalidRequest"],
  ["no such blob", "GET", "blobs/a/0/01m8ctf0byc843nx473wg1v8kk", "InvalidRequest"],
  ["no JSON", "POST", "buckets/NAME/restore", "InvalidRequest"],
])("is refused: %s", async (_, method, path, code) => {
  const answer = await signedFetch(method, `/_ledge/${path.replace("NAME", name)}`, {
    ...(method === "POST" && { body: "[" }),
  });
  await expectError(answer, code === "NoSuchBucket" ? 404 : 400, code);
});
