import { hash } from "node:crypto";
import { type CrcName, isCrcName } from "../lib/crc.ts";
import { combineChecksums } from "../protocol/multipart-checksum.ts";
import type { ObjectRecord, StoredChecksum } from "../protocol/object-record.ts";

/** What looks like the ETag of as many parts, and is as opaque. */
export function appendedEtag(
  { etag }: ObjectRecord,
  tailEtag: string,
  partCount: number | undefined,
): string {
  return `${hash("md5", `${etag} ${tailEtag}`, "hex")}-${partCount}`;
}

/** Of the checksum that a longer object can still have: only a CRC of the whole follows from those of its pieces. */
export function joinableAlgorithm({ checksum }: ObjectRecord): CrcName | undefined {
  if (checksum?.type !== "FULL_OBJECT" || !isCrcName(checksum.algorithm)) return undefined;
  return checksum.algorithm;
}

/** That of the whole object; undefined when there is none any more. */
export function appendedChecksum(
  record: ObjectRecord,
  tail: StoredChecksum | undefined,
  tailBytes: number,
): StoredChecksum | undefined {
  const { sizeBytes, checksum } = record;
  if (sizeBytes === 0) return tail;
  const algorithm = joinableAlgorithm(record);
  if (checksum === undefined || tail === undefined || algorithm === undefined) return undefined;
  const pieces = [
    { value: checksum.value, sizeBytes },
    { value: tail.value, sizeBytes: tailBytes },
  ];
  const type = "FULL_OBJECT";
  return { algorithm, type, value: combineChecksums(algorithm, type, pieces) };
}
