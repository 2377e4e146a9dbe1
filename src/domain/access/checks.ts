import { canonicalIdOf, isSigned } from "../../protocol/caller.ts";
import { S3Error } from "../../protocol/errors.ts";
import { decide, type Decision, refusalReason } from "./decide.ts";
import { type RequestFacts, requestContext } from "./context.ts";
import type { Asking, BucketFacts } from "./facts.ts";
import { type Question, s3Resource } from "./question.ts";

/** What an operation needs: one action on what it names. An operation may need several. */
export interface Check {
  /** AWS's name, `s3:GetObject`. */
  readonly action: string;
  /** `any` is what has no bucket. */
  readonly on: "bucket" | "object" | "any";
  /**
   * A header asks for this action beside the first. It counts as allowed also where the first is allowed by a statement with a
   * condition on one of these keys, in small letters: so that a policy can allow uploads with just this header.
   *
   * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html, the example of `s3:x-amz-grant-full-control`
   */
  readonly headerKeys?: readonly string[];
  /** Of log delivery: what allows it for this key allows it for the one in question. */
  readonly alsoKey?: string;
  /** No policy can give it to anonymous callers, as multipart uploads. */
  readonly signedOnly?: true;
  /** No policy can give it to another account, as the policy itself: whoever is allowed it there gets another answer. */
  readonly ownAccountOnly?: true;
}

/** What the checks of one request are about. */
export interface Checked extends Asking {
  readonly bucketName: string;
  /** Undefined for operations on the bucket. */
  readonly key: string | undefined;
  /** Undefined: there is no such bucket yet. */
  readonly bucket: BucketFacts | undefined;
  readonly facts: RequestFacts;
}

/** What was decided of several checks together. */
export type Outcome =
  | Exclude<Decision, { readonly kind: "deny" }>
  | (Refusal & {
      /** The one that was refused; undefined: there was none at all. */
      readonly check?: Check;
    });

type Refusal = Extract<Decision, { readonly kind: "deny" }>;

/** May the caller do all of it? The first refusal counts. */
export function decideAll(checks: readonly Check[], checked: Checked): Outcome {
  const [first] = checks;
  if (first === undefined) return { kind: "deny", reason: undefined };
  const base = questionOf(first, checked);
  let decision = withinReach(decide(base), first, checked);
  let check = first;
  for (const extra of checks.slice(1)) {
    if (decision.kind === "deny") break;
    const next = decide({
      ...questionOf(extra, aboutNew(extra, checked)),
      ...insteadOf(extra, base),
    });
    if (next.kind === "allow" && next.onlyIfOwner === undefined) continue;
    decision = next;
    check = extra;
  }
  return decision.kind === "deny" ? { ...decision, check } : decision;
}

/** What a header asks for beside is of the object that is being made, whatever there is now. */
function aboutNew({ headerKeys }: Check, checked: Checked): Checked {
  if (headerKeys === undefined) return checked;
  return { ...checked, facts: { ...checked.facts, object: "none" } };
}

function insteadOf({ headerKeys: keys }: Check, { action, context }: Question): Partial<Question> {
  return keys === undefined ? {} : { instead: { action, context, keys } };
}

/** What is allowed, and yet is not to be had by everybody. */
function withinReach(
  decision: Decision,
  { signedOnly, ownAccountOnly }: Check,
  { caller, bucket }: Checked,
): Decision {
  if (decision.kind === "deny") return decision;
  if (signedOnly === true && caller.kind === "anonymous")
    return { kind: "deny", reason: undefined };
  const isOwn = bucket?.owner.canonicalId === canonicalIdOf(caller);
  return ownAccountOnly === true && !isOwn ? { kind: "deny", reason: "other account" } : decision;
}

/**
 * May the caller learn that there is no such key? Whoever may list it would see so. Everybody else is told nothing: AWS answers
 * AccessDenied in the place of NoSuchKey.
 *
 * @param isVersion the request names a version
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html, "Permissions"
 */
export function mayLearnOfKey(checked: Checked, isVersion: boolean): boolean {
  const { facts, key } = checked;
  const listing = { prefix: key, delimiter: undefined, maxKeys: 1 };
  const action = isVersion ? "s3:ListBucketVersions" : "s3:ListBucket";
  const asListing: RequestFacts = { ...facts, object: "none", operation: { listing } };
  const question = questionOf({ action, on: "bucket" }, { ...checked, facts: asListing });
  return decide(question).kind === "allow";
}

export function questionOf({ action, on, alsoKey }: Check, checked: Checked): Question {
  const { caller, permissions, bucket, facts } = checked;
  const name = action.toLowerCase();
  const context = requestContext(facts, name);
  const resourceOf = (of: Checked) => s3Resource(pathOf(on, of));
  return {
    caller,
    permissions,
    action: name,
    resource: resourceOf(checked),
    bucket,
    object: facts.object,
    context,
    ...(alsoKey !== undefined && {
      instead: { action: name, context, resource: resourceOf({ ...checked, key: alsoKey }) },
    }),
  };
}

function pathOf(on: Check["on"], { bucketName, key = "" }: Checked): string {
  if (on === "any") return "*";
  return on === "bucket" ? bucketName : `${bucketName}/${key}`;
}

/**
 * Tells a refused caller why, as far as it is its own account's affair.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
 */
export function accessDenied(refusal: Refusal, check: Check, checked: Checked): S3Error {
  const { caller, bucket } = checked;
  if (refusal.reason === "other account") return new S3Error("MethodNotAllowed");
  const isInside = bucket === undefined || bucket.owner.canonicalId === canonicalIdOf(caller);
  if (!isSigned(caller) || !isInside) return new S3Error("AccessDenied");
  const { action } = check;
  const arn = `arn:aws:s3:::${pathOf(check.on, checked)}`;
  const reason = refusalReason(questionOf(check, checked), refusal, action);
  const message = `User: ${caller.arn} is not authorized to perform: ${action} on resource: "${arn}" ${reason}`;
  return new S3Error("AccessDenied", { message });
}
