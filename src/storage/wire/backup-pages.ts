// Where pages of a backup end: a shard says so, and so does a gateway that takes less of a page.
import { MAX_PARTS } from "../../protocol/limits.ts";

/** Behind this version of the key, where the newest of a key comes first. */
interface VersionPosition {
  readonly key: string;
  readonly sequence: number;
}

/** No key is empty. */
const FIRST_VERSION: VersionPosition = { key: "", sequence: 0 };

/** What an export of versions goes on after. */
export function versionPosition({ key, sequence }: VersionPosition): string {
  return JSON.stringify({ key, sequence } satisfies VersionPosition);
}

/** @param after empty: it begins */
export function parseVersionPosition(after: string): VersionPosition {
  return after === "" ? FIRST_VERSION : (JSON.parse(after) as VersionPosition);
}

/** Behind a part of an upload; behind the upload, where it is the greatest number that there may be. */
type UploadPosition = readonly [key: string, uploadId: string, partNumber: number];

const FIRST_UPLOAD: UploadPosition = ["", "", MAX_PARTS];

/** What an export of uploads goes on after. */
export function uploadPosition(...position: UploadPosition): string {
  return JSON.stringify(position);
}

/** @param after empty: it begins */
export function parseUploadPosition(after: string): UploadPosition {
  return after === "" ? FIRST_UPLOAD : (JSON.parse(after) as UploadPosition);
}

/**
 * As many of the first items as may be taken without cutting a key, if there are several.
 *
 * @param count how many there is room for
 */
export function wholeKeys<T>(
  items: readonly T[],
  count: number,
  keyOf: (item: T) => unknown,
): readonly T[] {
  const cut = items[count];
  if (cut === undefined) return items;
  let end = count;
  for (let before = items[end - 1]; before !== undefined && keyOf(before) === keyOf(cut);) {
    end -= 1;
    before = items[end - 1];
  }
  return items.slice(0, end === 0 ? count : end);
}

/** What rows of uploads and parts may say in a backup; anything else is of a later version, or of somebody who means harm. */
export const UPLOAD_COLUMNS = [
  ...["key", "upload_id", "initiated_ms", "object_sequence", "storage_class"],
  ...["checksum_algorithm", "checksum_type", "version_id", "access", "encryption"],
  ...["attributes", "headers"],
] as const;
export const PART_COLUMNS = [
  ...["upload_id", "part_number", "modified_ms", "size_bytes", "etag", "checksum"],
  ...["content_id", "sealed_key"],
] as const;
