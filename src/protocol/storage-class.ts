import { S3Error } from "./errors.ts";

/** What PutObject takes for a general purpose bucket; the model names more, of other kinds of storage. */
export const STORAGE_CLASSES = [
  "STANDARD",
  "REDUCED_REDUNDANCY",
  "STANDARD_IA",
  "ONEZONE_IA",
  "INTELLIGENT_TIERING",
  "GLACIER",
  "DEEP_ARCHIVE",
  "GLACIER_IR",
] as const;
const NAMES: ReadonlySet<string> = new Set(STORAGE_CLASSES);

/**
 * `x-amz-storage-class`, or STANDARD.
 *
 * @throws S3Error InvalidStorageClass
 */
export function parseStorageClass(headers: Headers): string {
  const storageClass = headers.get("x-amz-storage-class") ?? "STANDARD";
  if (!NAMES.has(storageClass))
    throw new S3Error("InvalidStorageClass", { fields: { StorageClassRequested: storageClass } });
  return storageClass;
}

/** What AWS keeps offline in; here such objects are read like any other. */
const ARCHIVAL_CLASSES = new Set(["GLACIER", "DEEP_ARCHIVE"]);

export function isArchival(storageClass: string): boolean {
  return ARCHIVAL_CLASSES.has(storageClass);
}

/**
 * The value of `x-amz-restore` in an answer about an object: one that AWS would have to restore first is restored here,
 * for good. Clients look at it before they try to read.
 */
export function restoreHeader(storageClass: string): string | undefined {
  if (!isArchival(storageClass)) return undefined;
  return 'ongoing-request="false", expiry-date="Fri, 31 Dec 9999 00:00:00 GMT"';
}
