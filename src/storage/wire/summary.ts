import { accountOfStored, type StoredAccount } from "../../protocol/acl/stored-acl.ts";
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
  /**
   * JSON of a `StoredAccount`; null: the bucket's owner, or a read of one object, which tells it otherwise. A shard with the code
   * of before leaves it out.
   */
  owner: string | null,
];

export function summaryOf([
  key,
  lastModifiedMs,
  sizeBytes,
  etag,
  storageClass,
  checksum,
  owner,
]: SummaryValues): ObjectSummary {
  const summary = {
    key,
    sizeBytes,
    etag,
    lastModifiedMs,
    storageClass,
    checksum: readChecksum(checksum),
  };
  if (typeof owner !== "string") return summary;
  return { ...summary, owner: accountOfStored(JSON.parse(owner) as StoredAccount) };
}
