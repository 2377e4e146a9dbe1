import type { Acl } from "../../protocol/acl/acl.ts";
import type { ObjectOwnership } from "../../protocol/acl/ownership.ts";
import type { Caller } from "../../protocol/caller.ts";
import type { Account } from "../../protocol/owner.ts";
import type { CompiledPolicy } from "../../protocol/policy/compile.ts";
import type { PublicAccessBlock } from "../../protocol/public-access-block.ts";
import type { TagSet } from "../../protocol/tag-set.ts";

/** What a bucket's configuration says of access. */
export interface BucketFacts {
  readonly name: string;
  readonly owner: Account;
  readonly ownership: ObjectOwnership;
  readonly acl: Acl;
  /** Undefined: it has none. */
  readonly policy: CompiledPolicy | undefined;
  /**
   * The policy was put with `x-amz-confirm-remove-self-bucket-access: true`: its Denies of reading, replacing, and deleting the
   * policy hold for the bucket owner's root, too.
   */
  readonly bindsOwner: boolean;
  /** Those of the bucket, its account, and the deployment together. */
  readonly block: PublicAccessBlock;
  /** Other accounts must agree to pay. */
  readonly isRequesterPays: boolean;
  /** Undefined unless the bucket's tags are to count (PutBucketAbac). */
  readonly tags: TagSet | undefined;
}

/** What an object's row says of access. */
export interface ObjectFacts {
  readonly acl: Acl;
  readonly tags: TagSet;
  /** Of an upload: the canonical id of the account that began it. */
  readonly initiatorId?: string;
}

/** `unread`: there may be one, and it was not looked at yet. `none`: what it is plays no part. */
export type ObjectState = ObjectFacts | "unread" | "none";

/** What policies say of a user or a role. */
export interface Permissions {
  /** Its own, and its groups'. */
  readonly identityPolicies: readonly CompiledPolicy[];
  /** Undefined: it has none. */
  readonly boundary?: CompiledPolicy;
  /** Those that the session was made with; undefined: none, so that they limit nothing. */
  readonly sessionPolicies?: readonly CompiledPolicy[];
}

/** Who asks. */
export interface Asking {
  readonly caller: Caller;
  /** Undefined for root, services, and anonymous callers. */
  readonly permissions: Permissions | undefined;
}
