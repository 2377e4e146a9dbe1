import type { CheckDescription, FindingPage } from "../../storage/ports/shard-inspection.ts";
import type { Ports } from "../ports.ts";

export type DirectoryChecked = Pick<Ports, "audit" | "directoryInspection" | "sealed" | "settings">;

/** Something that may be wrong with the Directory. */
export interface DirectoryCheck extends CheckDescription {
  /** One page. @param after empty, or what the page before says */
  readonly find: (checked: DirectoryChecked, after: string) => Promise<FindingPage>;
  /** Mends those that are still wrong. @returns them */
  readonly mend?: (
    checked: DirectoryChecked,
    subjects: readonly string[],
  ) => Promise<readonly string[]>;
}
