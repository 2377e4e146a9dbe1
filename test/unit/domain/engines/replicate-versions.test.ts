import { afterEach, describe, expect, test, vi } from "vitest";
import { replicateOutside } from "../../../../src/domain/engines/replicate-outside.ts";
import { replicateVersions } from "../../../../src/domain/engines/replicate-versions.ts";
import { findDestinations } from "../../../../src/domain/replication-destinations.ts";
import type { Ports } from "../../../../src/domain/ports.ts";
import type { StoredObject } from "../../../../src/protocol/object-record.ts";
import { readReplicationTargets } from "../../../../src/protocol/replication/replication-targets.ts";
import type { BucketRecord } from "../../../../src/storage/ports/bucket-directory.ts";
import type {
  ReplicatedVersion,
  ReplicationTask,
} from "../../../../src/storage/ports/replication.ts";
import { sendToS3 } from "../../../../src/storage/replication/s3-client.ts";
import { freshRecord } from "../../../support/bucket-record.ts";

const ACCOUNT = { id: "000000000000", canonicalId: "own", displayName: "own" };
const ARN = "arn:aws:s3:::offsite";
const DECLARED = { endpoint: "https://far.example", accessKeyId: "a", secretAccessKey: "s" };

const OBJECT = {
  kind: "object",
  key: "k",
  headers: {},
  attributes: { tags: [{ key: "a", value: "b" }] },
  storageClass: "STANDARD",
  sizeBytes: 1,
  etag: "e",
  content: { kind: "inline", bytes: new Uint8Array(1) },
} as unknown as StoredObject;

const VERSION: ReplicatedVersion = {
  key: "k",
  versionId: "1".repeat(32),
  object: OBJECT,
  destination: { Bucket: ARN } as ReplicatedVersion["destination"],
  isChange: false,
  hasAnnotations: false,
  newer: [],
};

function targetsOf(members: object) {
  return readReplicationTargets("T", JSON.stringify({ [ARN]: { ...DECLARED, ...members } }), false);
}

function portsOf(remembered: BucketRecord, now: BucketRecord, members: object = {}): Ports {
  const targets = targetsOf(members);
  return {
    settings: { account: ACCOUNT },
    findTarget: async (arn: string) => targets.get(arn),
    identityLookup: { roles: { read: async () => undefined } },
    buckets: { find: async () => remembered, refresh: async () => now },
  } as unknown as Ports;
}

function taskOf(bucketId: string): ReplicationTask {
  return {
    source: { name: "source", region: "us-east-1", ownerId: "own", bucketId },
    destination: ARN,
    ownerId: undefined,
    role: `arn:aws:iam::${ACCOUNT.id}:role/r`,
    versions: [VERSION],
  };
}

const ownedBy = (record: BucketRecord, ownerId: string): BucketRecord => ({
  ...record,
  ownerId,
  owner: { id: "111111111111", displayName: "other" },
});

afterEach(() => void vi.unstubAllGlobals());

test("a version of a bucket whose name was another's before does not pass for replicated", async () => {
  const [old, now] = ["old", "new"].map((id) => ownedBy(freshRecord(id, "source"), "own"));
  if (old === undefined || now === undefined) throw new Error("there are two");
  vi.stubGlobal("fetch", async () => new Response("", { status: 503 }));
  const [outcome] = await replicateVersions(portsOf(old, now), taskOf("new"));
  expect(outcome?.kind).toBe("retry");
  // One that is gone by now has nothing to replicate.
  expect(await replicateVersions(portsOf(old, now), taskOf("old-as-well"))).toEqual([
    { kind: "done" },
  ]);
});

test.for([
  { accounts: undefined, owner: "own", expected: "retry" },
  { accounts: undefined, owner: "other", expected: "refused" },
  { accounts: ["222222222222", "111111111111"], owner: "other", expected: "retry" },
  { accounts: ["111111111111"], owner: "own", expected: "refused" },
  { accounts: [], owner: "own", expected: "refused" },
  { accounts: ["*"], owner: "other", expected: "retry" },
])(
  "a declared server with accounts $accounts is, for a bucket of $owner's, $expected",
  async ({ accounts, owner, expected }) => {
    vi.stubGlobal("fetch", async () => new Response("", { status: 503 }));
    const bucket = ownedBy(freshRecord("id", "source"), owner);
    const ports = portsOf(bucket, bucket, accounts === undefined ? {} : { accounts });
    const [outcome] = await replicateVersions(ports, taskOf("id"));
    expect(outcome?.kind).toBe(expected);
  },
);

test.for([
  { status: 403, code: "InvalidAccessKeyId", expected: "retry" },
  { status: 403, code: "SignatureDoesNotMatch", expected: "retry" },
  { status: 403, code: "RequestTimeTooSkewed", expected: "retry" },
  { status: 400, code: "ExpiredToken", expected: "retry" },
  { status: 403, code: "AccessDenied", expected: "refused" },
  { status: 404, code: "NoSuchBucket", expected: "refused" },
  { status: 307, code: "TemporaryRedirect", expected: "refused" },
  { status: 429, code: "SlowDown", expected: "retry" },
  { status: 500, code: "InternalError", expected: "retry" },
])("a server that answers $status $code is $expected", async ({ status, code, expected }) => {
  const requests: RequestInit[] = [];
  vi.stubGlobal("fetch", async (_: string, init: RequestInit) => {
    requests.push(init);
    if (init.method === "HEAD") return new Response(null, { status: 404 });
    return new Response(`<Error><Code>${code}</Code></Error>`, { status });
  });
  const bucket = ownedBy(freshRecord("id", "source"), "own");
  const [outcome] = await replicateVersions(portsOf(bucket, bucket), taskOf("id"));
  expect(outcome?.kind).toBe(expected);
  for (const { redirect } of requests) expect(redirect).toBe("manual");
});

test("a body has a time to be taken in, as well", async () => {
  const timeout = vi.spyOn(AbortSignal, "timeout");
  vi.stubGlobal("fetch", async () => new Response(""));
  const target = targetsOf({}).get(ARN);
  if (target === undefined) throw new Error("it is declared");
  const body = { bytes: new Uint8Array(1280), length: 1280 };
  await sendToS3(target, { method: "PUT", key: "k", body });
  expect(timeout).toHaveBeenLastCalledWith(60_010);
  timeout.mockRestore();
});

test("what is declared is no bucket that somebody makes under its name", async () => {
  const source = ownedBy(freshRecord("id", "source"), "own");
  const squatter = ownedBy(freshRecord("theirs", "offsite"), "other");
  const targets = targetsOf({});
  const findTarget = async (arn: string) => targets.get(arn);
  const ports = {
    settings: { account: ACCOUNT },
    findTarget,
    directory: { find: async () => squatter },
  };
  const rules = { Rule: [{ Destination: { Bucket: ARN } }] };
  type Given = Parameters<typeof findDestinations>;
  const find = (record: BucketRecord) =>
    findDestinations(ports as unknown as Given[0], record, rules as unknown as Given[2]);
  expect(await find(source)).toEqual({});
  // To an account that may not go there, nothing is declared.
  await expect(find(ownedBy(source, "other"))).rejects.toThrow("versioning");
});

describe("a change of a version on another server", () => {
  const source = { bucket: freshRecord("id", "source"), owner: ACCOUNT };
  const CURRENT = { "x-amz-meta-ledge-origin": `id/${VERSION.versionId}` };
  const NO_BUCKET = "<Error><Code>NoSuchBucket</Code></Error>";
  const NO_KEY = "<Error><Code>NoSuchKey</Code></Error>";

  async function change(kind: string, answers: readonly Response[]): Promise<unknown> {
    const left = [...answers];
    vi.stubGlobal("fetch", async () => left.shift() ?? new Response("", { status: 500 }));
    const target = targetsOf({ kind }).get(ARN);
    if (target === undefined) throw new Error("it is declared");
    const caller = { kind: "service", name: "s3", sourceArn: "", sourceAccountId: "" } as const;
    const ports = portsOf(source.bucket, source.bucket);
    const version = { ...VERSION, isChange: true };
    return replicateOutside(ports, { source, target, caller }, version);
  }

  test.for([
    { of: "that fails", kind: "s3", answers: [[503, "", {}]] },
    { of: "that does not say", kind: "s3", answers: [[403, "", {}]] },
    {
      of: "without the bucket",
      kind: "s3",
      answers: [
        [200, "", CURRENT],
        [404, NO_BUCKET, {}],
      ],
    },
    { of: "without the bucket", kind: "ledge", answers: [[404, NO_BUCKET, {}]] },
  ] as const)("does not pass for done by one $of ($kind)", async ({ kind, answers }) => {
    const made = answers.map(([status, text, headers]) => new Response(text, { status, headers }));
    await expect(change(kind, made)).rejects.toThrow();
  });

  test("is done where the version was removed", async () => {
    const removed = change("s3", [new Response("", { status: 404 })]);
    await expect(removed).resolves.toBeUndefined();
    const gone = change("ledge", [new Response(NO_KEY, { status: 404 })]);
    await expect(gone).resolves.toBeUndefined();
  });
});
