import { hash } from "node:crypto";
import { type CrcName, isCrcName } from "../lib/crc.ts";
import { combineChecksums } from "../protocol/multipart-checksum.ts";
import type {
  BlobContent,
  InlineContent,
  ObjectRecord,
  StoredChecksum,
} from "../protocol/object-record.ts";

/** The MD5 of bytes that were all at hand; otherwise something that looks like the ETag of as many parts, and as opaque. */
export function appendedEtag(
  { etag }: ObjectRecord,
  tailMd5Hex: string,
  whole: InlineContent | BlobContent | undefined,
  partCount: number | undefined,
): string {
  if (whole === undefined) return `${hash("md5", `${etag} ${tailMd5Hex}`, "hex")}-${partCount}`;
  return whole.kind === "inline" ? hash("md5", whole.bytes, "hex") : tailMd5Hex;
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
