import type { ObjectSummary } from "../../protocol/object-record.ts";
import { readChecksum } from "./checksum-column.ts";

/** The columns that a listing reads. */
export type SummaryValues = [
  key: string,
  modifiedMs: number,
  sizeBytes: number,
  etag: string,
  storageClass: string,
  checksum: string | null,
];

export function summaryOf([
  key,
  lastModifiedMs,
  sizeBytes,
  etag,
  storageClass,
  checksum,
]: SummaryValues): ObjectSummary {
  return { key, sizeBytes, etag, lastModifiedMs, storageClass, checksum: readChecksum(checksum) };
}
