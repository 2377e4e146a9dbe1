import type { ExportedVersion } from "../../../src/domain/backup/export-rows.ts";

/** What has bytes: a version, or a part. */
export type Holding = Pick<ExportedVersion, "columns" | "segments">;

/** The blobs that the bytes of a version, or of a part, lie in. */
export function blobsOf({ columns, segments }: Holding): readonly string[] {
  if (segments !== undefined) return segments.map(({ blobId }) => blobId);
  return typeof columns["content_id"] === "string" ? [columns["content_id"]] : [];
}
