import { S3Error } from "./errors.ts";
import type { ReplicaDraft } from "./object-record.ts";
import { isVersionId } from "./version-id.ts";

/** What another Ledge says of a replica that it puts here: `VERSION-ID;SOURCE-BUCKET-ID`, and of a late one `;NEWER-ID,NEWER-ID…`. */
export const REPLICA_HEADER = "x-ledge-replica";

/** Newer versions that a header tells of: the newest of them has to come to lie on top. */
const MOST_NEWER = 32;

const SIGNED_HEADERS = /\bSignedHeaders=([\w;-]{1,4096})/;

/**
 * Which version a request brings that another Ledge replicates; undefined: it is any client's.
 *
 * @throws S3Error InvalidRequest: what it says is malformed, or not signed
 */
export function parseReplica(headers: Headers): ReplicaDraft | undefined {
  const value = headers.get(REPLICA_HEADER);
  if (value === null) return undefined;
  const [versionId = "", bucketId = "", newest, ...others] = value.split(";");
  const newer = newest?.split(",", MOST_NEWER + 1) ?? [];
  const isWellFormed =
    isVersionId(versionId) &&
    /^[\w-]{1,64}$/.test(bucketId) &&
    newer.length <= MOST_NEWER &&
    newer.every(isVersionId) &&
    others.length === 0;
  if (!isWellFormed || !isSignedHeader(headers, REPLICA_HEADER))
    throw new S3Error("InvalidRequest", {
      message: `${REPLICA_HEADER} is not VERSION-ID;BUCKET-ID, or is not signed`,
    });
  return { versionId, ...(newer.length > 0 && { newer }) };
}

/** Does the request's signature cover the header? */
export function isSignedHeader(headers: Headers, name: string): boolean {
  const signed = SIGNED_HEADERS.exec(headers.get("authorization") ?? "")?.[1]?.split(";") ?? [];
  return signed.includes(name);
}

/** The header of a version of that bucket. */
export function replicaHeader(
  { versionId, newer = [] }: ReplicaDraft,
  bucketId: string,
): Readonly<Record<string, string>> {
  const told = [versionId, bucketId];
  if (newer.length > 0) told.push(newer.slice(-MOST_NEWER).join(","));
  return { [REPLICA_HEADER]: told.join(";") };
}
