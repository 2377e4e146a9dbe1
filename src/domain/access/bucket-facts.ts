import { privateAcl } from "../../protocol/acl/acl.ts";
import type { Account } from "../../protocol/owner.ts";
import { compileStoredPolicy } from "../../protocol/policy/compile.ts";
import { publicAccessBlock } from "../../protocol/public-access-block.ts";
import type { BucketRecord } from "../../storage/ports/bucket-directory.ts";
import { ownerOf } from "../bucket-owner.ts";
import type { BucketFacts } from "./facts.ts";

/** The document of PutBucketPolicy, as it is stored. */
export interface StoredPolicy {
  /** As it came. */
  readonly text: string;
  /** It was put with `x-amz-confirm-remove-self-bucket-access: true`. */
  readonly bindsOwner: boolean;
}

/** A record does not change: what it says is read once. */
const known = new WeakMap<BucketRecord, BucketFacts>();

/** @param account the deployment's */
export function bucketFactsOf(bucket: BucketRecord, account: Account): BucketFacts {
  let facts = known.get(bucket);
  if (facts === undefined) known.set(bucket, (facts = readFacts(bucket, account)));
  return facts;
}

function readFacts(bucket: BucketRecord, account: Account): BucketFacts {
  const owner = ownerOf(bucket, account);
  const policy = policyOf(bucket);
  return {
    name: bucket.name,
    owner,
    ownership: undefined,
    acl: privateAcl(owner),
    policy: policy && compileStoredPolicy(policy.text),
    bindsOwner: policy?.bindsOwner === true,
    block: publicAccessBlock(),
    tags: undefined,
  };
}

export function policyOf({ gateway }: BucketRecord): StoredPolicy | undefined {
  const body = gateway.documents["policy"];
  return body === undefined ? undefined : (JSON.parse(body) as StoredPolicy);
}
