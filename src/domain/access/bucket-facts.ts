import { ownershipOf } from "../../protocol/acl/ownership-controls.ts";
import { aclOfAccess } from "../../protocol/acl/stored-acl.ts";
import type { Account } from "../../protocol/owner.ts";
import { compileStoredPolicy } from "../../protocol/policy/compile.ts";
import type { RequestPayment } from "../../protocol/request-payment.ts";
import { publicAccessBlock } from "../../protocol/public-access-block.ts";
import type { BucketRecord, DocumentChange } from "../../storage/ports/bucket-directory.ts";
import { tagsForPolicies } from "../bucket-abac.ts";
import { ownerOf } from "../bucket-owner.ts";
import type { BucketFacts } from "./facts.ts";

/** Never changes: stored data name it. */
const POLICY = "policy";

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
    ownership: ownershipOf(documentOf(bucket, "ownership")),
    acl: aclOfAccess(bucket.gateway.documents["acl"], owner),
    policy: policy && compileStoredPolicy(policy.text),
    bindsOwner: policy?.bindsOwner === true,
    block: publicAccessBlock(documentOf(bucket, "public-access-block")),
    isRequesterPays: documentOf<RequestPayment>(bucket, "request-payment")?.Payer === "Requester",
    tags: tagsForPolicies(bucket),
  };
}

export function policyOf(bucket: BucketRecord): StoredPolicy | undefined {
  return documentOf<StoredPolicy>(bucket, POLICY);
}

/** What to change for this policy to be the bucket's; undefined: for it to have none. */
export function policyChange(policy: StoredPolicy | undefined): DocumentChange {
  const body = policy && JSON.stringify(policy);
  return { kind: POLICY, id: "", part: "gateway", body, flags: undefined };
}

/** One of those that gateways decide with, as it was stored. */
function documentOf<Document>({ gateway }: BucketRecord, kind: string): Document | undefined {
  const body = gateway.documents[kind];
  return body === undefined ? undefined : (JSON.parse(body) as Document);
}
