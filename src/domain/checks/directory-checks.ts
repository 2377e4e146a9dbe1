import { DIRECTORY_CHECKS as WITHIN } from "../../storage/directory-object/checks/directory-checks.ts";
import type { DirectoryCheck } from "./directory-check.ts";
import { sealedSecrets } from "./sealed-secrets.ts";

/** Everything that is checked of the Directory. */
export const DIRECTORY_CHECKS: readonly DirectoryCheck[] = [
  ...WITHIN.map(({ name, means, repair }): DirectoryCheck => ({
    ...{ name, means },
    async find({ directoryInspection }, after) {
      return (await directoryInspection.findFaults(name, after)) ?? { findings: [] };
    },
    ...(repair !== undefined && {
      repair,
      mend: ({ directoryInspection, audit }, subjects) =>
        directoryInspection.mendFaults(name, subjects, audit),
    }),
  })),
  sealedSecrets,
];
