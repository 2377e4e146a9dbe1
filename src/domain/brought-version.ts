import { type Caller, isSigned } from "../protocol/caller.ts";
import { S3Error } from "../protocol/errors.ts";
import { IMPORT_HEADER, parseImport } from "../protocol/import-header.ts";
import type { ReplicaDraft } from "../protocol/object-record.ts";
import { parseReplica } from "../protocol/replica-header.ts";
import type { S3Request } from "../protocol/s3-request.ts";

/**
 * Which version of another server a request brings: a replica, of another Ledge, or what the deployment's root imports; undefined: it
 * makes one of its own.
 *
 * @throws S3Error InvalidRequest as the headers' parsers, and for two that name different versions; AccessDenied: an import that is not the
 *   deployment root's
 */
export function broughtVersion({
  caller,
  request: { headers },
}: {
  readonly caller: Caller;
  readonly request: S3Request;
}): ReplicaDraft | undefined {
  if (!headers.has(IMPORT_HEADER)) return parseReplica(headers);
  if (!isSigned(caller) || caller.isDeploymentRoot !== true) throw new S3Error("AccessDenied");
  const parsed = parseImport(headers, Date.now());
  const replica = parseReplica(headers);
  if (replica !== undefined && replica.versionId !== parsed?.versionId)
    throw new S3Error("InvalidRequest", { message: "The headers name two versions" });
  return parsed && { ...replica, ...parsed };
}

/** Of what makes no version of bytes that the request brings. @throws S3Error InvalidRequest */
export function refuseImport({ headers }: S3Request): void {
  if (headers.has(IMPORT_HEADER))
    throw new S3Error("InvalidRequest", { message: `${IMPORT_HEADER} is of uploads and deletes` });
}

/** What takes the bytes of an import whole. @throws S3Error InvalidRequest: its parts are not as long as its body */
export function requirePartSizes(replica: ReplicaDraft | undefined, sizeBytes: number): void {
  const sizes = replica?.imported?.partSizes;
  if (sizes === undefined || sizes.reduce((sum, size) => sum + size, 0) === sizeBytes) return;
  throw new S3Error("InvalidRequest", { message: "The partSizes are not those of the body" });
}
