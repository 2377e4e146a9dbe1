import type { ChecksumAlgorithm } from "../../protocol/checksums.ts";
import type { StoredChecksum } from "../../protocol/object-record.ts";

/** The `checksum` column: `CRC32 FULL_OBJECT AAAAAA==`, or NULL. */
export function writeChecksum(checksum: StoredChecksum | undefined): string | null {
  if (checksum === undefined) return null;
  return `${checksum.algorithm} ${checksum.type} ${checksum.value}`;
}

/** The inverse; what stands in the column was written by {@link writeChecksum}. */
export function readChecksum(column: string | null): StoredChecksum | undefined {
  if (column === null) return undefined;
  const [algorithm, type, value = ""] = column.split(" ");
  return {
    algorithm: algorithm as ChecksumAlgorithm,
    type: type as StoredChecksum["type"],
    value,
  };
}
