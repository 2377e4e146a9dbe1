import { describe, expect, test } from "vitest";
import { aclOf, setAcl } from "../support/acl.ts";
import { annotate, annotationsOf } from "../support/annotations.ts";
import { elements, encodeKey, putObject, signedFetch } from "../support/client.ts";
import { copied } from "../support/copy.ts";
import { putDocument } from "../support/documents.ts";
import { PART_BYTES } from "../support/multipart.ts";
import { partBytes, putInParts } from "../support/multipart-object.ts";
import { lockedBucket, lockOf, putLegalHold, putRetention } from "../support/object-lock.ts";
import {
  becomes,
  expectSame,
  head,
  type Pair,
  replicate,
  replicatedPair,
  ruleTo,
  statusOf,
  versionsOf,
} from "../support/replication.ts";
import { put, putVersion, remove, versionedBucket } from "../support/versions.ts";

const KEY = "dir/a b";
const PATH = encodeKey(KEY);
const BLOB = "b".repeat(20_000);
const REPLICA_ACTIONS =
  "<SourceSelectionCriteria><ReplicaModifications><Status>Enabled</Status></ReplicaModifications></SourceSelectionCriteria>";

/** What changes from bucket to bucket. */
const OWN = new Set([
  "date",
  "last-modified",
  "x-amz-request-id",
  "x-amz-id-2",
  "x-amz-replication-status",
]);

/** What GetObject tells of a version: its bytes, and all headers but those. */
async function shown(bucket: string, versionId?: string): Promise<object> {
  const response = await signedFetch("GET", `/${bucket}/${PATH}`, {
    query: versionId === undefined ? {} : { versionId },
    headers: { "x-amz-checksum-mode": "ENABLED" },
  });
  const text = await response.text();
  return { text, ...Object.fromEntries([...response.headers].filter(([name]) => !OWN.has(name))) };
}

async function expectReplicated({ from, to }: Pair): Promise<void> {
  await becomes("COMPLETED", from, KEY);
  await expectSame({ from, to });
  expect(await shown(to)).toEqual(await shown(from));
  expect(await statusOf(to, KEY)).toBe("REPLICA");
}

function putTags(bucket: string, value: string, versionId?: string): Promise<Response> {
  const tag = `<TagSet><Tag><Key>k</Key><Value>${value}</Value></Tag></TagSet>`;
  const query = { tagging: "", ...(versionId !== undefined && { versionId }) };
  return putDocument(`/${bucket}/${PATH}`, query, "Tagging", tag);
}

async function tagsOf(bucket: string): Promise<string[]> {
  const response = await signedFetch("GET", `/${bucket}/${PATH}`, { query: { tagging: "" } });
  return elements(await response.text(), "Value");
}

describe("what goes to the other bucket with the same id:", () => {
  test.for<readonly [name: string, act: (bucket: string) => Promise<unknown>]>([
    [
      "an object with all that it says",
      (bucket) =>
        putVersion(bucket, KEY, "hello", {
          "content-type": "text/x-note",
          "x-amz-meta-a": "b",
          "x-amz-tagging": "k=v",
          "x-amz-storage-class": "STANDARD_IA",
          "x-amz-checksum-sha256": "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=",
        }),
    ],
    ["a blob", (bucket) => put(bucket, KEY, BLOB)],
    ["an empty one", (bucket) => put(bucket, KEY, "")],
    ["parts", (bucket) => putInParts(bucket, KEY, [partBytes(PART_BYTES, 1), partBytes(500, 2)])],
    [
      "a copy",
      async (bucket) => {
        await put(bucket, "source", BLOB);
        await copied(`${bucket}/source`, `${bucket}/${KEY}`);
      },
    ],
    [
      "an object with another name",
      async (bucket) => {
        await put(bucket, "source", BLOB);
        await signedFetch("PUT", `/${bucket}/${PATH}`, {
          query: { renameObject: "" },
          headers: { "x-amz-rename-source": "source" },
        });
      },
    ],
    [
      "what was appended to",
      async (bucket) => {
        await put(bucket, KEY, BLOB);
        await putObject(bucket, KEY, "more", { "x-amz-write-offset-bytes": String(BLOB.length) });
      },
    ],
    [
      "versions, in their order",
      async (bucket) => {
        for (let i = 0; i < 5; i += 1) await put(bucket, KEY, `version ${i}`);
      },
    ],
    [
      "one behind a delete marker",
      async (bucket) => {
        await put(bucket, KEY, "first");
        await remove(bucket, PATH);
        await put(bucket, KEY, "second");
      },
    ],
  ])("%s", async ([, act]) => {
    const pair = await replicatedPair();
    await act(pair.from);
    await expectReplicated(pair);
  });

  test("a delete marker, if its rule says so", async () => {
    const [pair, other] = [await replicatedPair(), await replicatedPair({ markers: "Disabled" })];
    for (const { from } of [pair, other]) {
      await put(from, KEY, "gone");
      await remove(from, PATH);
      await put(from, "last", "");
    }
    await expectSame(pair);
    await becomes("COMPLETED", other.from, "last");
    expect((await versionsOf(other.to)).map((line) => line.split(" ")[0])).toEqual([
      "Version",
      "Version",
    ]);
  });

  test("no removal of a version", async () => {
    const { from, to } = await replicatedPair();
    const id = await putVersion(from, KEY, "kept there");
    await becomes("COMPLETED", from, KEY);
    await remove(from, PATH, id);
    await put(from, "last", "");
    await becomes("COMPLETED", from, "last");
    expect(await statusOf(to, KEY, id)).toBe("REPLICA");
  });
});

describe("what changes of a version changes of its replica:", () => {
  test.for<
    readonly [
      name: string,
      act: (bucket: string) => Promise<unknown>,
      read: (bucket: string) => Promise<unknown>,
    ]
  >([
    ["tags", (bucket) => putTags(bucket, "new"), tagsOf],
    [
      "no tags",
      (bucket) => signedFetch("DELETE", `/${bucket}/${PATH}`, { query: { tagging: "" } }),
      tagsOf,
    ],
    [
      "ACL",
      (bucket) => setAcl(`${bucket}/${PATH}`, { "x-amz-acl": "public-read" }),
      (bucket) => aclOf(`${bucket}/${PATH}`),
    ],
    [
      "annotations",
      (bucket) => annotate(`${bucket}/${KEY}`, "new"),
      (bucket) => annotationsOf(`${bucket}/${KEY}`),
    ],
    [
      "an annotation that is taken away",
      (bucket) =>
        signedFetch("DELETE", `/${bucket}/${PATH}`, {
          query: { annotation: "", annotationName: "old" },
        }),
      (bucket) => annotationsOf(`${bucket}/${KEY}`),
    ],
  ])("%s", async ([, act, read]) => {
    const { from, to } = await replicatedPair();
    await putVersion(from, KEY, BLOB, { "x-amz-tagging": "k=old" });
    await annotate(`${from}/${KEY}`, "old");
    await becomes("COMPLETED", from, KEY);
    const before = await read(to);
    expect(before).toEqual(await read(from));
    await act(from);
    expect(await statusOf(from, KEY)).toMatch(/PENDING|COMPLETED/);
    await becomes("COMPLETED", from, KEY);
    expect(await read(from)).not.toEqual(before);
    expect(await read(to)).toEqual(await read(from));
    expect(await statusOf(to, KEY)).toBe("REPLICA");
  });

  test("retention and legal hold", async () => {
    const [from, to] = [await lockedBucket(), await lockedBucket()];
    await replicate(from, ruleTo(to));
    await put(from, KEY, "kept");
    await becomes("COMPLETED", from, KEY);
    expect((await putRetention(`/${from}/${PATH}`, "GOVERNANCE")).status).toBe(200);
    expect((await putLegalHold(`/${from}/${PATH}`, "ON")).status).toBe(200);
    await becomes("COMPLETED", from, KEY);
    expect((await lockOf(`/${to}/${PATH}`)).filter(Boolean)).toHaveLength(3);
    expect(await lockOf(`/${to}/${PATH}`)).toEqual(await lockOf(`/${from}/${PATH}`));
  });

  test("not what was removed there", async () => {
    const { from, to } = await replicatedPair();
    const id = await putVersion(from, KEY, "gone there");
    await becomes("COMPLETED", from, KEY);
    await remove(to, PATH, id);
    await putTags(from, "new");
    await becomes("COMPLETED", from, KEY);
    expect(await versionsOf(to)).toEqual([]);
  });
});

describe("rules", () => {
  test("choose by prefix, tags, and what is not", async () => {
    const [from, to] = [await versionedBucket(), await versionedBucket()];
    const tag = (value: string) => `<Tag><Key>k</Key><Value>${value}</Value></Tag>`;
    await replicate(
      from,
      ruleTo(to, {
        markers: "Disabled",
        filter: `<And><Prefix>in/</Prefix>${tag("yes")}<Not><Or><Prefix>in/not/</Prefix><Tag><Key>other</Key><Value>no</Value></Tag></Or></Not></And>`,
      }),
    );
    const putTagged = (key: string, tagging: string) =>
      putVersion(from, key, "", { "x-amz-tagging": tagging });
    await putTagged("in/untagged", "");
    await putTagged("in/not/this", "k=yes");
    await putTagged("in/excepted", "k=yes&other=no");
    await putTagged("out", "k=yes");
    await putTagged("in/this", "k=yes&other=yes");
    await becomes("COMPLETED", from, "in/this");
    const keys = (await versionsOf(to)).map((line) => line.split(" ")[1]);
    expect(keys).toEqual(["in/this"]);
    expect(await statusOf(from, "out")).toBeNull();
  });

  test("of one destination the one with the highest priority counts, and each destination gets it", async () => {
    const [from, one, two] = [
      await versionedBucket(),
      await versionedBucket(),
      await versionedBucket(),
    ];
    const inClass = (name: string) => `<StorageClass>${name}</StorageClass>`;
    await replicate(
      from,
      ruleTo(one, { id: "low", priority: 1, destination: inClass("GLACIER_IR") }) +
        ruleTo(one, { id: "high", priority: 2, destination: inClass("STANDARD_IA") }) +
        ruleTo(two, { id: "two", priority: 1, destination: inClass("ONEZONE_IA") }),
    );
    await put(from, KEY, "x");
    await becomes("COMPLETED", from, KEY);
    const classOf = async (bucket: string) =>
      (await head(bucket, KEY)).headers.get("x-amz-storage-class");
    expect(await classOf(one)).toBe("STANDARD_IA");
    expect(await classOf(two)).toBe("ONEZONE_IA");
  });

  test("that are disabled, or are no more, replicate nothing", async () => {
    const { from, to } = await replicatedPair({ status: "Disabled" });
    await put(from, KEY, "x");
    expect(await statusOf(from, KEY)).toBeNull();
    await replicate(from, ruleTo(to));
    expect((await signedFetch("DELETE", `/${from}`, { query: { replication: "" } })).status).toBe(
      204,
    );
    await put(from, KEY, "y");
    expect(await statusOf(from, KEY)).toBeNull();
  });
});

describe("two buckets that replicate to each other", () => {
  async function both(also = ""): Promise<Pair> {
    const [from, to] = [await versionedBucket(), await versionedBucket()];
    await replicate(from, ruleTo(to, { also }));
    await replicate(to, ruleTo(from, { also }));
    return { from, to };
  }

  test("come to have the same versions, and end", async () => {
    const { from, to } = await both();
    await put(from, "here", "1");
    await put(to, "there", "2");
    await becomes("COMPLETED", from, "here");
    await becomes("COMPLETED", to, "there");
    await expectSame({ from, to });
    expect(await statusOf(to, "here")).toBe("REPLICA");
    expect(await versionsOf(from)).toHaveLength(2);
  });

  test("change each other's replicas, if their rules say so", async () => {
    const { from, to } = await both(REPLICA_ACTIONS);
    await putVersion(from, KEY, "1", { "x-amz-tagging": "k=old" });
    await becomes("COMPLETED", from, KEY);
    await putTags(to, "new");
    await expect.poll(() => tagsOf(from), { timeout: 10_000 }).toEqual(["new"]);
    expect([await statusOf(from, KEY), await statusOf(to, KEY)]).toEqual(["COMPLETED", "REPLICA"]);
  });

  test("leave each other's replicas alone otherwise", async () => {
    const { from, to } = await both();
    await putVersion(from, KEY, "1", { "x-amz-tagging": "k=old" });
    await becomes("COMPLETED", from, KEY);
    await putTags(to, "new");
    await put(to, "last", "");
    await becomes("COMPLETED", to, "last");
    expect(await tagsOf(from)).toEqual(["old"]);
  });
});
