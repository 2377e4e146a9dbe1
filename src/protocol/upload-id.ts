import { S3Error } from "./errors.ts";

/** `?uploadId`; one that is empty is of no upload. */
export function uploadIdOf(query: URLSearchParams): string {
  return query.get("uploadId") ?? "";
}

export function noSuchUpload(uploadId: string): S3Error {
  return new S3Error("NoSuchUpload", { fields: { UploadId: uploadId } });
}
