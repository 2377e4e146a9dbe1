import type { ExportedPart } from "../../../src/domain/backup/export-rows.ts";
import { ulid } from "../../../src/lib/ulid.ts";
import type { BackupColumns, RestoredPart } from "../../../src/storage/ports/backup-rows.ts";
import { UserError } from "../../user-error.ts";
import { blobsOf } from "./held-blobs.ts";
import { movedSegment, sealedFor } from "./moved-blobs.ts";
import { atOnce } from "./scratch.ts";

const BLOBS_AT_ONCE = 8;
/** A sweep takes what was brought too long ago. */
const MAX_ATTEMPTS = 3;

/** An upload under way, with some of its parts. */
export interface BroughtUpload {
  readonly columns: BackupColumns;
  readonly parts: ExportedPart[];
}

interface Bringing {
  /** The id of the bucket that was backed up. */
  readonly from: string;
  /** To a path below that of the restore. */
  post<T>(path: string, document: object): Promise<T>;
  /** @returns what the blob is called in that shard; one that was brought before is not brought again */
  bringBlob(shard: string, blobId: string): Promise<string>;
  forgetBlob(shard: string, blobId: string): void;
}

/** Puts uploads back; parts that are there already stay as they are. */
export async function bringUploads(
  uploads: readonly BroughtUpload[],
  bringing: Bringing,
): Promise<void> {
  if (uploads.length === 0) return;
  const names = uploads.map(({ columns }) => [columns["key"], columns["upload_id"]]);
  const { found } = await bringing.post<{
    found: readonly { readonly shard: string; readonly parts?: readonly number[] }[];
  }>("/uploads/look", { uploads: names });
  for (const [i, upload] of uploads.entries()) {
    const { shard = "", parts } = found[i] ?? {};
    const there = new Set(parts);
    const missing = upload.parts.filter(
      ({ columns }) => !there.has(Number(columns["part_number"])),
    );
    if (parts === undefined || missing.length > 0)
      await bringParts({ ...upload, parts: missing }, shard, bringing);
  }
}

async function bringParts(upload: BroughtUpload, shard: string, bringing: Bringing): Promise<void> {
  for (let { parts } = upload, attempt = 1; ; attempt += 1) {
    const restored = await movedParts(parts, shard, bringing);
    const { from } = bringing;
    const document = { from, uploads: [{ columns: upload.columns, parts: restored }] };
    const { outcomes } = await bringing.post<{ outcomes: readonly (readonly string[])[] }>(
      "/uploads",
      document,
    );
    parts = parts.filter((_, i) => outcomes[0]?.[i] === "swept");
    if (parts.length === 0) return;
    if (attempt >= MAX_ATTEMPTS)
      throw new UserError("what is restored is swept away before it is in the books");
    for (const id of parts.flatMap(blobsOf)) bringing.forgetBlob(shard, id);
  }
}

async function movedParts(
  parts: readonly ExportedPart[],
  shard: string,
  bringing: Bringing,
): Promise<readonly RestoredPart[]> {
  const moved = new Map<string, string>();
  await atOnce(BLOBS_AT_ONCE, new Set(parts.flatMap(blobsOf)), async (id) => {
    moved.set(id, await bringing.bringBlob(shard, id));
  });
  return parts.map(({ columns, segments }) => {
    const { content_id: contentId, sealed_key: sealedKey } = columns;
    const id = String(contentId);
    if (segments === undefined) {
      const sealed = typeof sealedKey === "string" ? sealedFor(sealedKey, id) : null;
      const own = { ...columns, content_id: null, sealed_key: sealed };
      return { columns: own, contentId: moved.get(id) ?? "" };
    }
    return {
      columns: { ...columns, content_id: null },
      contentId: `${shard}/${ulid(Date.now())}`,
      segments: segments.map((segment) => movedSegment(segment, moved.get(segment.blobId) ?? "")),
    };
  });
}
