import type { AuditEntry } from "./audit-log.ts";
import type { FindingPage } from "./shard-inspection.ts";

/** Port: what may be wrong within the Directory, by the name of a check. */
export interface DirectoryInspection {
  /** @param after empty, or what the page before says @returns undefined: there is no such check */
  findFaults(check: string, after: string): Promise<FindingPage | undefined>;
  /** Each is looked at once more, in the transaction that mends it. @returns those that are mended */
  mendFaults(
    check: string,
    subjects: readonly string[],
    audit: AuditEntry | undefined,
  ): Promise<readonly string[]>;
}
