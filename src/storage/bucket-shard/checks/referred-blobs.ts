import type { ReferredBlob, ReferredBlobPage } from "../../ports/shard-inspection.ts";
import { walkVersions } from "../rows/walk-versions.ts";

/** The gateway asks the store for each of them, and may make 1,000 requests of its own. */
const PAGE_BLOBS = 400;

/** Where a walk has come: through versions, then parts, then segments. */
interface Position {
  readonly table: "versions" | "parts" | "segments";
  readonly after: string;
}

/** The blobs that rows read from, and how long each has to be, row by row. */
export function referredBlobs(sql: SqlStorage, after: string): ReferredBlobPage {
  const position: Position =
    after === "" ? { table: "versions", after: "" } : (JSON.parse(after) as Position);
  const { blobs, next } = PAGES[position.table](sql, position.after);
  const following = FOLLOWING[position.table];
  const then = next === undefined ? following && { table: following, after: "" } : next;
  return {
    blobs,
    next:
      then === undefined
        ? undefined
        : JSON.stringify(typeof then === "string" ? { ...position, after: then } : then),
  };
}

const FOLLOWING = { versions: "parts", parts: "segments", segments: undefined } as const;

const PAGES: Readonly<
  Record<Position["table"], (sql: SqlStorage, after: string) => ReferredBlobPage>
> = { versions: blobsOfVersions, parts: blobsOfParts, segments: blobsOfSegments };

function blobsOfVersions(sql: SqlStorage, after: string): ReferredBlobPage {
  const { rows, next } = walkVersions(sql, after, PAGE_BLOBS);
  const blobs = rows.flatMap((row): ReferredBlob[] =>
    row.content_id === null || row.part_count !== null
      ? []
      : [
          {
            blobId: row.content_id,
            sizeBytes: row.size_bytes,
            isSealed: row.sealed_key !== null,
            by: JSON.stringify(row.key),
          },
        ],
  );
  return { blobs, next };
}

type PartRow = {
  upload_id: string;
  part_number: number;
  size_bytes: number;
  content_id: string;
  is_sealed: number;
};

function blobsOfParts(sql: SqlStorage, after: string): ReferredBlobPage {
  const [uploadId, partNumber] = (after === "" ? ["", 0] : JSON.parse(after)) as [string, number];
  const rows = sql
    .exec<PartRow>(
      `SELECT upload_id, part_number, size_bytes, content_id, sealed_key IS NOT NULL AS is_sealed FROM part
       WHERE (upload_id, part_number) > (?, ?)
       AND NOT EXISTS (SELECT 1 FROM segment WHERE segment.content_id = part.content_id)
       ORDER BY upload_id, part_number LIMIT ?`,
      uploadId,
      partNumber,
      PAGE_BLOBS,
    )
    .toArray();
  const blobs = rows.map((row) => ({
    blobId: row.content_id,
    sizeBytes: row.size_bytes,
    isSealed: row.is_sealed === 1,
    by: `part ${row.part_number} of the upload ${row.upload_id}`,
  }));
  const last = rows.at(-1);
  const isLastPage = rows.length < PAGE_BLOBS || last === undefined;
  return {
    blobs,
    next: isLastPage ? undefined : JSON.stringify([last.upload_id, last.part_number]),
  };
}

type SegmentRow = {
  content_id: string;
  offset_bytes: number;
  blob_id: string;
  blob_size_bytes: number;
  is_sealed: number;
};

function blobsOfSegments(sql: SqlStorage, after: string): ReferredBlobPage {
  const [contentId, offset] = (after === "" ? ["", 0] : JSON.parse(after)) as [string, number];
  const rows = sql
    .exec<SegmentRow>(
      `SELECT content_id, offset_bytes, blob_id, blob_size_bytes, sealed_key IS NOT NULL AS is_sealed FROM segment
       WHERE (content_id, offset_bytes) > (?, ?)
       AND EXISTS (SELECT 1 FROM content WHERE content.content_id = segment.keeper_id AND reference_count > 0)
       ORDER BY content_id, offset_bytes LIMIT ?`,
      contentId,
      offset,
      PAGE_BLOBS,
    )
    .toArray();
  const blobs = rows.map((row) => ({
    blobId: row.blob_id,
    sizeBytes: row.blob_size_bytes,
    isSealed: row.is_sealed === 1,
    by: `the content ${row.content_id}, at byte ${row.offset_bytes}`,
  }));
  const last = rows.at(-1);
  const isLastPage = rows.length < PAGE_BLOBS || last === undefined;
  return {
    blobs,
    next: isLastPage ? undefined : JSON.stringify([last.content_id, last.offset_bytes]),
  };
}
