import { checksumHeader } from "./checksums.ts";
import type { StoredChecksum } from "./object-record.ts";

/** `x-amz-checksum-<algorithm>` and `x-amz-checksum-type` of an answer; none when there is no checksum. */
export function checksumHeaders(
  checksum: StoredChecksum | undefined,
): Readonly<Record<string, string>> {
  if (checksum === undefined) return {};
  return {
    [checksumHeader(checksum.algorithm)]: checksum.value,
    "x-amz-checksum-type": checksum.type,
  };
}
