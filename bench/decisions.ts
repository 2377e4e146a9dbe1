import { Gate, isPlainOwner } from "../src/domain/access/gate.ts";
import type { Asked } from "../src/domain/access/request-facts.ts";
import { ANONYMOUS, type Caller, rootOf, type UserCaller } from "../src/protocol/caller.ts";
import { NO_ATTRIBUTES } from "../src/protocol/object-record.ts";
import type { Account } from "../src/protocol/owner.ts";
import type { S3Request } from "../src/protocol/s3-request.ts";
import type { BucketRecord } from "../src/storage/ports/bucket-directory.ts";
import type { Measurement, Table } from "./report.ts";
import { median } from "./statistics.ts";

const OWNER: Account = { id: "111111111111", canonicalId: "a".repeat(64), displayName: "owner" };
const SETTINGS = { account: OWNER, blockPublicAccess: false, region: "us-east-1" };
const OBJECT = { attributes: NO_ATTRIBUTES };
const KEY = "site/2026/index.html";

const ROUNDS = 7;
const DECISIONS_A_ROUND = 20_000;
const PLAIN_OWNERS_A_ROUND = 5_000_000;

/** Of root without a policy, beyond what it was before there were policies. */
const MAX_PLAIN_MICROSECONDS = 2;
const MAX_MICROSECONDS = 20;

/**
 * CPU time of a decision, of a GET: by root of an account whose bucket has no policy, and by ten statements of which the last one
 * allows it, of the bucket's policy or of a user's own. Compiled is each once, as for the requests after the first.
 */
export async function measureDecisions(): Promise<readonly Table[]> {
  const tenAllow = [...statements(9, "other/*"), ...statements(1, "site/*")];
  const withPolicy = bucketWith(policyOf(tenAllow, { Principal: "*" }));
  const withoutPolicy = bucketWith(undefined);
  const root = rootOf(OWNER);
  const plain = microsecondsOf(PLAIN_OWNERS_A_ROUND, () => isPlainOwner(root, withoutPolicy));
  const measurements = [
    line("root, no policy", plain, MAX_PLAIN_MICROSECONDS),
    ...[
      { name: "root, ten statements", caller: root, bucket: withPolicy },
      { name: "anonymous, ten statements", caller: ANONYMOUS, bucket: withPolicy },
      {
        name: "user, ten statements of its own",
        caller: userWith(tenAllow),
        bucket: withoutPolicy,
      },
      { name: "user, ten and ten", caller: userWith(tenAllow), bucket: withPolicy },
    ].map(({ name, caller, bucket }) => {
      const asked = askedBy(caller);
      return line(
        name,
        microsecondsOf(DECISIONS_A_ROUND, () => decide(asked, bucket)),
        MAX_MICROSECONDS,
      );
    }),
  ];
  return [{ title: "CPU time of a decision", measurements }];
}

function line(name: string, microseconds: number, most: number): Measurement {
  return {
    name,
    figures: { µs: microseconds.toFixed(microseconds < 0.1 ? 3 : 1) },
    target: `≤ ${most}`,
    isMet: microseconds <= most,
  };
}

/**
 * What the runner does for a request that is no plain owner's: it decides before the object is read, and, since the object may be
 * another account's, again by what was read.
 */
function decide(asked: Asked, bucket: BucketRecord): void {
  const checks = [{ action: "s3:GetObject", on: "object" }] as const;
  const gate = new Gate(asked, bucket, { checks, on: "object" });
  gate.decideOn(OBJECT);
}

/** CPU time of one, the median of the rounds; the first makes it hot. */
function microsecondsOf(count: number, act: () => unknown): number {
  const rounds: number[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const before = process.cpuUsage();
    for (let i = 0; i < count; i += 1) act();
    const { user, system } = process.cpuUsage(before);
    if (round > 0) rounds.push((user + system) / count);
  }
  return median(rounds);
}

/** With two conditions each, as policies have them. */
function statements(count: number, keys: string): readonly object[] {
  return Array.from({ length: count }, (_, i) => ({
    Sid: `Statement${i}`,
    Effect: "Allow",
    Action: ["s3:GetObject", "s3:GetObjectVersion"],
    Resource: `arn:aws:s3:::bucket/${keys}`,
    Condition: {
      IpAddress: { "aws:SourceIp": ["192.0.2.0/24", "2001:db8::/32"] },
      StringLike: { "aws:UserAgent": "Mozilla/*" },
    },
  }));
}

function policyOf(list: readonly object[], more: object = {}): string {
  const Statement = list.map((statement) => ({ ...statement, ...more }));
  return JSON.stringify({ Version: "2012-10-17", Statement });
}

function userWith(list: readonly object[]): UserCaller {
  return {
    kind: "user",
    account: OWNER,
    arn: `arn:aws:iam::${OWNER.id}:user/alice`,
    userId: "AIDAABCDEFGHIJKLMNOPQ",
    userName: "alice",
    policies: { identityPolicies: [policyOf(list)] },
  };
}

function bucketWith(policy: string | undefined): BucketRecord {
  const stored = policy && JSON.stringify({ text: policy, bindsOwner: false });
  return {
    id: "bucket-id",
    name: "bucket",
    region: "us-east-1",
    ownerId: OWNER.canonicalId,
    shardCount: 1,
    createdMs: 0,
    gateway: { revision: 1, documents: stored === undefined ? {} : { policy: stored } },
    shard: { revision: 0, flags: {} },
  };
}

function askedBy(caller: Caller): Asked {
  const headers = new Headers({ host: "s3.example.com", "user-agent": "Mozilla/5.0" });
  const request: S3Request = {
    method: "GET",
    headers,
    body: null,
    origin: "https://s3.example.com",
    rawPath: `/bucket/${KEY}`,
    rawQuery: "",
    query: new URLSearchParams(),
    isVirtualHosted: false,
    bucket: "bucket",
    key: KEY,
    keyWithPluses: undefined,
    clientAcceptEncoding: undefined,
    received: { headers, cf: { clientIp: "192.0.2.7:4711" } },
  };
  return { caller, request, settings: SETTINGS };
}
