import type {
  BackupColumns,
  BackupPart,
  BackupSegment,
  BackupUploadPage,
  BackupVersion,
} from "../../storage/ports/backup-rows.ts";
import { uploadPosition, versionPosition, wholeKeys } from "../../storage/wire/backup-pages.ts";
import type { Ports } from "../ports.ts";
import { homeOf } from "../../storage/wire/shard-name.ts";

/** Segments of one page: of a dozen objects of as many parts as S3 allows, or of any number of smaller ones. */
const PAGE_SEGMENTS = 50_000;
/** As many as a shard tells at once. */
const SEGMENTS_AT_ONCE = 10_000;
/** A content that was taken apart between two calls belongs to a version that is gone, which is not in the page next time. */
const MAX_ATTEMPTS = 3;

/** A version with all that says where its bytes are. */
export interface ExportedVersion extends BackupVersion {
  readonly segments?: readonly BackupSegment[];
}

export interface ExportedPage {
  readonly versions: readonly ExportedVersion[];
  readonly next?: string | undefined;
}

/** A page of the versions of a shard. Each is whole, as it was at one moment; between two pages others may have been written. */
export async function exportPage(
  ports: Pick<Ports, "inspection">,
  shardName: string,
  after: string,
): Promise<ExportedPage> {
  for (let attempt = 1; ; attempt += 1) {
    const page = await ports.inspection.inspect(shardName, "exportVersions", after);
    const stitched = await withSegments(ports, page.versions);
    if (stitched === undefined && attempt < MAX_ATTEMPTS) continue;
    if (stitched === undefined) throw new Error(`contents of ${shardName} have no segments`);
    const last = stitched.at(-1);
    if (stitched.length === page.versions.length || last === undefined)
      return { versions: stitched, next: page.next };
    const { key, sequence } = last.columns;
    const next = versionPosition({ key: String(key), sequence: Number(sequence) });
    return { versions: stitched, next };
  }
}

export interface ExportedPart extends BackupPart {
  readonly segments?: readonly BackupSegment[];
}

export interface ExportedUpload {
  readonly columns: BackupColumns;
  readonly parts: readonly ExportedPart[];
}

export interface ExportedUploadPage {
  readonly uploads: readonly ExportedUpload[];
  readonly next?: string | undefined;
}

/** A page of the uploads of a shard that are under way; the parts of one may go on in the next. */
export async function exportUploadPage(
  ports: Pick<Ports, "inspection">,
  shardName: string,
  after: string,
): Promise<ExportedUploadPage> {
  for (let attempt = 1; ; attempt += 1) {
    const page = await ports.inspection.inspect(shardName, "exportUploads", after);
    const stitched = await withSegmentsOfParts(ports, shardName, page);
    if (stitched !== undefined) return stitched;
    if (attempt >= MAX_ATTEMPTS) throw new Error(`parts in ${shardName} have no segments`);
  }
}

/** @returns undefined: the segments of a part are not there any more */
async function withSegmentsOfParts(
  ports: Pick<Ports, "inspection">,
  shardName: string,
  { uploads, next }: BackupUploadPage,
): Promise<ExportedUploadPage | undefined> {
  const exported: ExportedUpload[] = [];
  let count = 0;
  for (const { columns, parts } of uploads) {
    const taken: ExportedPart[] = [];
    exported.push({ columns, parts: taken });
    for (const part of parts) {
      const { content_id: id, size_bytes: size, part_number: number } = part.columns;
      if (part.isStitched !== true) {
        taken.push(part);
        continue;
      }
      const segments = await segmentsOf(ports, shardName, String(id), Number(size));
      if (segments === undefined) return undefined;
      taken.push({ ...part, segments });
      count += segments.length;
      if (count <= PAGE_SEGMENTS) continue;
      const { key, upload_id: uploadId } = columns;
      return {
        uploads: exported,
        next: uploadPosition(String(key), String(uploadId), Number(number)),
      };
    }
  }
  return { uploads: exported, next };
}

/** @returns as many of them as a page may have; undefined: the segments of one are not there any more */
async function withSegments(
  ports: Pick<Ports, "inspection">,
  versions: readonly BackupVersion[],
): Promise<readonly ExportedVersion[] | undefined> {
  const exported: ExportedVersion[] = [];
  let count = 0;
  for (const version of versions) {
    if (count > PAGE_SEGMENTS) {
      const taken = wholeKeys(versions, exported.length, ({ columns }) => columns["key"]);
      return exported.slice(0, taken.length);
    }
    const { content_id: contentId, part_count: parts, size_bytes: size } = version.columns;
    if (typeof contentId !== "string" || parts === null) {
      exported.push(version);
      continue;
    }
    const home = homeOf(contentId);
    const segments = await segmentsOf(ports, home, contentId, Number(size));
    if (segments === undefined) return undefined;
    count += segments.length;
    exported.push({ ...version, segments });
  }
  return exported;
}

/** Of a content in the shard that has put it together, as many as the object has bytes. */
async function segmentsOf(
  { inspection }: Pick<Ports, "inspection">,
  home: string,
  contentId: string,
  sizeBytes: number,
): Promise<readonly BackupSegment[] | undefined> {
  const segments: BackupSegment[] = [];
  for (;;) {
    const from = endOf(segments);
    const some = await inspection.inspect(home, "exportSegments", contentId, from);
    segments.push(...some.filter(({ offsetBytes }) => offsetBytes < sizeBytes));
    if (some.length < SEGMENTS_AT_ONCE || endOf(segments) >= sizeBytes) break;
  }
  return endOf(segments) >= sizeBytes && segments.length > 0 ? segments : undefined;
}

function endOf(segments: readonly BackupSegment[]): number {
  const last = segments.at(-1);
  return last === undefined ? 0 : last.offsetBytes + last.sizeBytes;
}
