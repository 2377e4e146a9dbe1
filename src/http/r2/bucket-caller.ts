import type { Identities } from "../../domain/auth/identities.ts";
import { withIdentities } from "../../domain/auth/identities.ts";
import { type SignedCaller, userOf } from "../../protocol/caller.ts";
import { S3Error } from "../../protocol/errors.ts";
import type { Account } from "../../protocol/owner.ts";
import type { Waiter } from "../../lib/waiter.ts";

/** What another Worker's service binding says of itself (`props`): which bucket it is of, and by whose right it acts. */
export interface BucketProps {
  readonly bucket: string;
  /** As if its requests were signed with this key. */
  readonly accessKeyId?: string;
  /** A user of the deployment's own account with this policy, and no other right. */
  readonly policy?: object | string;
}

/** Undefined: it is no such thing. */
export function readProps(props: unknown): BucketProps | undefined {
  if (typeof props !== "object" || props === null) return undefined;
  const { bucket, accessKeyId, policy } = props as Partial<Record<keyof BucketProps, unknown>>;
  if (typeof bucket !== "string") return undefined;
  if (typeof accessKeyId === "string" && policy === undefined) return { bucket, accessKeyId };
  const isPolicy = typeof policy === "string" || (typeof policy === "object" && policy !== null);
  return isPolicy && accessKeyId === undefined ? { bucket, policy } : undefined;
}

/**
 * @throws S3Error AccessDenied (neither a key nor a policy, or both), InvalidAccessKeyId (there is none, or it is a session's)
 */
export async function bucketCaller(
  props: BucketProps,
  account: Account,
  identities: Identities,
  waiter: Waiter,
): Promise<SignedCaller> {
  const { accessKeyId, policy } = props;
  if (accessKeyId === undefined) return policyCaller(account, policy);
  const caller = await withIdentities(
    identities,
    waiter,
    (find) => find(accessKeyId, undefined)?.caller,
  );
  if (caller === undefined)
    throw new S3Error("InvalidAccessKeyId", { fields: { AWSAccessKeyId: accessKeyId } });
  return caller;
}

/** A policy that cannot be read denies everything. */
function policyCaller(account: Account, policy: BucketProps["policy"]): SignedCaller {
  const text = typeof policy === "string" ? policy : JSON.stringify(policy);
  const user = { uniqueId: "AIDABUCKETSERVICE", name: "BucketService", path: "/", tags: [] };
  return userOf(account, user, { identityPolicies: [text] });
}
