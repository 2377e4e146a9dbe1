import { S3Error } from "./errors.ts";
import type { ReplicaDraft } from "./object-record.ts";
import { isVersionId } from "./version-id.ts";

/** What another Ledge says of a replica that it puts here: `VERSION-ID;SOURCE-BUCKET-ID`. */
export const REPLICA_HEADER = "x-ledge-replica";

const SIGNED_HEADERS = /\bSignedHeaders=([\w;-]{1,4096})/;

/**
 * Which version a request brings that another Ledge replicates; undefined: it is any client's.
 *
 * @throws S3Error InvalidRequest: what it says is malformed, or not signed
 */
export function parseReplica(headers: Headers): ReplicaDraft | undefined {
  const value = headers.get(REPLICA_HEADER);
  if (value === null) return undefined;
  const [versionId = "", bucketId = "", ...others] = value.split(";");
  const signed = SIGNED_HEADERS.exec(headers.get("authorization") ?? "")?.[1]?.split(";") ?? [];
  const isWellFormed =
    isVersionId(versionId) && /^[\w-]{1,64}$/.test(bucketId) && others.length === 0;
  if (!isWellFormed || !signed.includes(REPLICA_HEADER))
    throw new S3Error("InvalidRequest", {
      message: `${REPLICA_HEADER} is not VERSION-ID;BUCKET-ID, or is not signed`,
    });
  return { versionId };
}
