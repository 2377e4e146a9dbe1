import { ownershipOf } from "../../protocol/acl/ownership-controls.ts";
import { aclOfAccess } from "../../protocol/acl/stored-acl.ts";
import type { Settings } from "../../env.ts";
import { compileStoredPolicy } from "../../protocol/policy/compile.ts";
import type { RequestPayment } from "../../protocol/request-payment.ts";
import { ALL_BLOCKED, publicAccessBlock } from "../../protocol/public-access-block.ts";
import type {
  BucketRecord,
  DocumentChange,
  StoredDocument,
} from "../../storage/ports/bucket-directory.ts";
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

/** What the deployment says of the access to all its buckets. */
export type AccessSettings = Pick<Settings, "account" | "blockPublicAccess">;

/** A record does not change: what it says is read once. */
const known = new WeakMap<BucketRecord, { settings: AccessSettings; facts: BucketFacts }>();

export function bucketFactsOf(bucket: BucketRecord, settings: AccessSettings): BucketFacts {
  const before = known.get(bucket);
  if (before?.settings === settings) return before.facts;
  const facts = readFacts(bucket, settings);
  known.set(bucket, { settings, facts });
  return facts;
}

function readFacts(bucket: BucketRecord, settings: AccessSettings): BucketFacts {
  const owner = ownerOf(bucket, settings.account);
  const policy = policyOf(bucket);
  return {
    name: bucket.name,
    owner,
    ownership: ownershipOf(documentOf(bucket, "ownership")),
    acl: aclOfAccess(bucket.gateway.documents["acl"], owner),
    policy: policy && compileStoredPolicy(policy.text),
    bindsOwner: policy?.bindsOwner === true,
    block: publicAccessBlock(
      documentOf(bucket, "public-access-block"),
      settings.blockPublicAccess ? ALL_BLOCKED : undefined,
    ),
    isRequesterPays: documentOf<RequestPayment>(bucket, "request-payment")?.Payer === "Requester",
    tags: tagsForPolicies(bucket),
  };
}

export function policyOf(bucket: BucketRecord): StoredPolicy | undefined {
  return documentOf<StoredPolicy>(bucket, POLICY);
}

/** What to change for this policy to be the bucket's; undefined: for it to have none. */
export function policyChange(policy: StoredPolicy | undefined): DocumentChange {
  if (policy !== undefined) return { ...policyDocument(policy), flags: undefined };
  return { kind: POLICY, id: "", part: "gateway", body: undefined, flags: undefined };
}

export function policyDocument(policy: StoredPolicy): StoredDocument {
  return { kind: POLICY, id: "", part: "gateway", body: JSON.stringify(policy) };
}

/** One of those that gateways decide with, as it was stored. */
function documentOf<Document>({ gateway }: BucketRecord, kind: string): Document | undefined {
  const body = gateway.documents[kind];
  return body === undefined ? undefined : (JSON.parse(body) as Document);
}
