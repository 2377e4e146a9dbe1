import type { AuditEntry } from "./audit-log.ts";

/** A bucket of another server that versions may go to, as the Directory keeps it. */
export interface SealedTarget {
  readonly id: string;
  /** By the Directory's clock. */
  readonly modifiedMs: number;
  /** All that is known of it, in base64, sealed by the gateway: neither the Directory nor an edge copy can read it, or change it. */
  readonly sealed: string;
}

/** Port: which buckets of other servers there are beside those of the settings. */
export interface TargetDirectory {
  findTarget(id: string): Promise<SealedTarget | undefined>;
  /** In the order of their ids. */
  listTargets(): Promise<readonly SealedTarget[]>;
  /** Makes it, or makes it so. @returns `full`: there are as many as there may be */
  putTarget(id: string, sealed: Uint8Array, audit?: AuditEntry): Promise<"done" | "full">;
  deleteTarget(id: string, audit?: AuditEntry): Promise<"done" | "missing">;
}
