import type { InstallationMark } from "../ports/installation.ts";

/** No blob is called so: their names begin with the id of a bucket. */
const KEY = "_ledge/installation";

/** The {@link InstallationMark} port over an R2 bucket. */
export function installationMark(bucket: R2Bucket): InstallationMark {
  return {
    async read() {
      const found = await bucket.get(KEY);
      return found === null ? undefined : found.text();
    },
    async make(id) {
      await bucket.put(KEY, id, { onlyIf: new Headers({ "if-none-match": "*" }) });
    },
  };
}
