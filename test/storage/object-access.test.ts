import { beforeAll, describe, expect, test } from "vitest";
import { type Acl, groupGrant, privateAcl } from "../../src/protocol/acl/acl.ts";
import { aclOfAccess, storedAccess } from "../../src/protocol/acl/stored-acl.ts";
import { NO_ATTRIBUTES, type ObjectRecord } from "../../src/protocol/object-record.ts";
import type { Account } from "../../src/protocol/owner.ts";
import { NO_CONDITIONS } from "../../src/protocol/write-conditions.ts";
import type { BucketIndex } from "../../src/storage/ports/bucket-index.ts";
import { WANTS_HEADERS } from "../../src/storage/ports/content-index.ts";
import { indexOf, versioningPart } from "../support/bucket-record.ts";
import { draftOf, keyInShard, makeBucket, query, removalOf, SHARDS } from "../support/shards.ts";

const OWNER: Account = { id: "111111111111", canonicalId: "owner", displayName: "M. Owner" };
const WRITER: Account = { id: "222222222222", canonicalId: "writer", displayName: "W" };
const PUBLIC: Acl = {
  owner: WRITER,
  grants: [...privateAcl(WRITER).grants, groupGrant("AllUsers", "READ")],
};
const ACCESS = storedAccess(PUBLIC, OWNER);
const OWNERS = storedAccess({ ...PUBLIC, owner: OWNER }, OWNER);
const KEY = keyInShard(0);
const INLINE = draftOf({ kind: "inline", bytes: new Uint8Array(4) }, 4);

let index: BucketIndex;
let bucketId: string;
beforeAll(async () => {
  const bucket = await makeBucket();
  bucketId = bucket.id;
  index = indexOf(bucket);
});

async function read(key = KEY, versionId?: string): Promise<ObjectRecord> {
  const found = await index.read(key, { ...WANTS_HEADERS, versionId });
  if (found?.kind !== "object") throw new Error(`no object ${key}`);
  return found;
}

async function put(access: string | undefined, key = KEY): Promise<ObjectRecord> {
  const draft = { ...INLINE, ...(access !== undefined && { access }) };
  expect(await index.commit(key, draft, NO_CONDITIONS)).toMatchObject({ ok: true });
  return read(key);
}

/** What the row of a key has in its column. */
function columnOf(key: string): Promise<{ access: string | null }[]> {
  return query(`${bucketId}/0`, "SELECT access FROM object WHERE key = ?", key);
}

test("an object has the owner and the ACL that it was put with, and a plain one takes no room", async () => {
  const { access } = await put(ACCESS);
  expect(aclOfAccess(access, OWNER)).toEqual(PUBLIC);
  expect((await put(undefined)).access).toBeUndefined();
  expect(await columnOf(KEY)).toEqual([{ access: null }]);
});

test("listings tell whose an object is, unless it is the bucket owner's", async () => {
  const other = keyInShard(SHARDS - 1, "others-");
  await put(ACCESS, other);
  await put(OWNERS);
  const ownersOf = (entries: readonly object[]) =>
    entries.map((entry) => ("object" in entry ? entry.object : undefined));
  const { entries } = await index.list({ prefix: "", delimiter: "", after: "", limit: 10 });
  const owner = expect.objectContaining({ key: other, owner: WRITER });
  expect(ownersOf(entries)).toEqual([expect.not.objectContaining({ owner: WRITER }), owner]);
  const folded = await index.list({ prefix: other, delimiter: "/", after: "", limit: 10 });
  expect(ownersOf(folded.entries)).toEqual([owner]);
  const page = { prefix: "", delimiter: "", afterKey: "", afterVersionId: undefined, limit: 10 };
  const versions = await index.listVersions(page);
  expect(versions.entries.map((entry) => "version" in entry && entry.version.object)).toEqual([
    expect.not.objectContaining({ owner: WRITER }),
    owner,
  ]);
});

test("an ACL that is put changes neither time, nor sequence, nor tags", async () => {
  const { lastModifiedMs, sequence } = await put(undefined);
  const tags = [{ key: "k", value: "v" }];
  await index.change(KEY, undefined, { kind: "tags", tags });
  expect(await index.change(KEY, undefined, { kind: "acl", access: OWNERS })).toMatchObject({
    ok: true,
  });
  const changed = await read();
  expect(changed).toMatchObject({ lastModifiedMs, sequence, access: OWNERS, attributes: { tags } });
  await index.change(KEY, undefined, { kind: "acl", access: undefined });
  expect((await read()).access).toBeUndefined();
});

describe("a change that was decided on an object", () => {
  const tags = [{ key: "k", value: "v" }];
  const change = { kind: "acl", access: undefined } as const;

  test.for<readonly [title: string, meanwhile: () => Promise<unknown>, isDone: boolean]>([
    ["is done while it is so", async () => undefined, true],
    ["is not done to the one that replaced it", async () => put(ACCESS), false],
    [
      "is not done when another ACL was put",
      async () => index.change(KEY, undefined, { kind: "acl", access: OWNERS }),
      false,
    ],
    [
      "is not done when other tags were put",
      async () => index.change(KEY, undefined, { kind: "tags", tags }),
      false,
    ],
  ])("%s", async ([, meanwhile, isDone]) => {
    const { sequence, access, attributes } = await put(ACCESS);
    await meanwhile();
    const seen = { sequence, access, tags: attributes.tags };
    const outcome = await index.change(KEY, undefined, change, seen);
    expect(outcome).toEqual(
      isDone ? expect.objectContaining({ ok: true }) : { ok: false, reason: "ObjectChanged" },
    );
    expect((await read()).access === undefined).toBe(isDone);
  });
});

describe("a removal for the owner of an object only", () => {
  const bucketOwner = { canonicalId: "owner", isBucketOwner: true };
  const writer = { canonicalId: "writer", isBucketOwner: false };
  const stranger = { canonicalId: "stranger", isBucketOwner: false };

  test.for([
    ["writer", ACCESS, writer, true],
    ["writer", ACCESS, stranger, false],
    ["writer", ACCESS, bucketOwner, false],
    ["bucket's owner, private", undefined, bucketOwner, true],
    ["bucket's owner, private", undefined, writer, false],
    ["bucket's owner, public", OWNERS, bucketOwner, true],
    ["bucket's owner, public", OWNERS, writer, false],
  ] as const)("of the %s: %j, by %j: %j", async ([, access, onlyIfOwner, isDone]) => {
    await put(access);
    const outcome = await index.remove({ ...removalOf(KEY), onlyIfOwner });
    expect(outcome.ok).toBe(isDone);
    if (!outcome.ok) expect(outcome.reason).toBe("NotOwner");
    expect((await index.read(KEY, WANTS_HEADERS)) === undefined).toBe(isDone);
  });

  test("succeeds again", async () => {
    await put(ACCESS);
    for (let i = 0; i < 2; i += 1)
      expect(await index.remove({ ...removalOf(KEY), onlyIfOwner: writer })).toMatchObject({
        ok: true,
      });
  });
});

test("an upload fixes whose the object will be, and who began it", async () => {
  const draft = { storageClass: "STANDARD", headers: {}, checksum: undefined };
  const begin = async (said: object): Promise<string> =>
    (await index.createUpload(KEY, { ...draft, attributes: NO_ATTRIBUTES, ...said })).uploadId;
  const plainId = await begin({});
  const uploadId = await begin({ access: ACCESS, initiator: WRITER });
  const givenId = await begin({ initiator: WRITER });
  expect(await index.findUpload(KEY, uploadId)).toMatchObject({
    access: ACCESS,
    owner: WRITER,
    initiator: WRITER,
  });
  const page = { prefix: "", delimiter: "", afterKey: "", afterUploadId: "", limit: 10 };
  const { entries } = await index.listUploads(page);
  // In the order of their ids: of uploads that begin within one millisecond, chance decides which is first.
  const begun: [string, ...unknown[]][] = [
    [plainId, undefined, undefined],
    [uploadId, WRITER, WRITER],
    [givenId, undefined, WRITER],
  ];
  const listed = entries.map((entry) => "upload" in entry && entry.upload);
  expect(
    listed.map((upload) => upload && [upload.uploadId, upload.owner, upload.initiator]),
  ).toEqual(begun.toSorted(([id], [other]) => (id < other ? -1 : 1)));
  for (const id of [plainId, givenId]) await index.abortUpload(KEY, id, undefined);
  const content = { kind: "blob", blobId: index.newBlobId(KEY), sizeBytes: 4 } as const;
  const part = { sizeBytes: 4, etag: "0".repeat(32), checksum: undefined, content };
  await index.putPart(KEY, uploadId, 1, part);
  const parts = [{ partNumber: 1, etag: part.etag, checksum: undefined }];
  const unsaid = { sizeBytes: undefined, checksum: undefined, checksumType: undefined };
  const completion = { parts, conditions: NO_CONDITIONS, ...unsaid };
  const completed = await index.completeUpload(KEY, uploadId, completion);
  expect(completed).toMatchObject({ ok: true });
  expect((await read()).access).toBe(ACCESS);
});

test("an ACL goes where its version goes", async () => {
  const bucket = await makeBucket();
  index = indexOf(bucket);
  await index.configure(versioningPart(1, "Enabled"));
  const first = await put(ACCESS);
  await put(undefined);
  expect((await read(KEY, first.versionId)).access).toBe(ACCESS);
  const older = { kind: "acl", access: OWNERS } as const;
  await index.change(KEY, first.versionId, older);
  expect((await read()).access).toBeUndefined();
  await index.configure(versioningPart(2, "Suspended"));
  const nullVersion = await put(ACCESS);
  await index.remove(removalOf(KEY));
  expect(await index.read(KEY, WANTS_HEADERS)).toMatchObject({ kind: "marker" });
  await index.remove({ ...removalOf(KEY), versionId: "null" });
  const { versionId } = await read();
  expect(versionId).not.toBe(nullVersion.versionId);
  await index.remove({ ...removalOf(KEY), versionId });
  expect(await read()).toMatchObject({ versionId: first.versionId, access: OWNERS });

  const key = keyInShard(0, "renamed-");
  const { sequence: sourceSequence, sizeBytes } = await read();
  const conditions = NO_CONDITIONS;
  await index.rename({ sourceKey: KEY, key, sourceSequence, conditions }, sizeBytes);
  expect((await read(key)).access).toBe(OWNERS);
});
