import type { TagSet } from "./tag-set.ts";

export type VersioningStatus = "Enabled" | "Suspended";
export type LockMode = "GOVERNANCE" | "COMPLIANCE";

/** What new objects are retained by when their upload does not say. Exactly one of the two periods is given. */
export interface DefaultRetention {
  readonly mode: LockMode;
  readonly days?: number;
  readonly years?: number;
}

/** What a bucket's owner has configured; what is absent was never configured. */
export interface BucketConfiguration {
  readonly versioning?: VersioningStatus;
  /** Object Lock, once enabled, stays. */
  readonly objectLock?: { readonly defaultRetention?: DefaultRetention };
  readonly tags?: TagSet;
}
