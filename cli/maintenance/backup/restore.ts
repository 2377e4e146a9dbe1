import type { ExportedVersion } from "../../../src/domain/backup/export-rows.ts";
import { ulid } from "../../../src/lib/ulid.ts";
import type {
  BackupColumns,
  BackupSegment,
  RestoredVersion,
} from "../../../src/storage/ports/backup-rows.ts";
import { UserError } from "../../user-error.ts";
import { RefusedError, type SignedRequests } from "../signed-requests.ts";
import { blobsOf } from "./held-blobs.ts";
import type { BackupStore } from "./backup-store.ts";
import { blobName, type Line, type Manifest, readRows } from "./manifest.ts";
import { movedSegment, sealedFor } from "./moved-blobs.ts";
import { bringUploads, type BroughtUpload } from "./restore-uploads.ts";
import { atOnce, Scratch } from "./scratch.ts";

const BLOBS_AT_ONCE = 8;
/** Versions, or parts, of one request. */
const BATCH_ROWS = 200;
const BATCH_BYTES = 4 * 1024 * 1024;
/** Each is looked for in the store by the same request, and on Cloudflare's Free plan that has 50 such calls. One version may have more. */
const BATCH_BLOBS = 32;
/** A sweep takes what was brought too long ago. */
const MAX_ATTEMPTS = 3;

export interface RestoreEvents {
  /** After each file. */
  progress(versions: number): void;
}

interface Batch {
  versions: ExportedVersion[];
  annotations: Extract<Line, { readonly annotation: unknown }>[];
  uploads: BroughtUpload[];
  bytes: number;
  blobs: number;
}

/**
 * Puts a bucket back as it was, under this name. What an interrupted run of the same restore has brought stays as it is.
 *
 * @throws UserError when the backup is damaged; RefusedError when there is another bucket of the name
 */
export async function restoreBucket(
  requests: SignedRequests,
  store: BackupStore,
  manifest: Manifest,
  name: string,
  events: RestoreEvents,
): Promise<void> {
  const restore = new Restore(requests, store, manifest, name);
  try {
    await restore.begin();
    for (const file of manifest.files)
      events.progress(await restore.file(await readRows(store, file)));
    await restore.finish();
  } finally {
    restore.close();
  }
}

class Restore {
  readonly #requests: SignedRequests;
  readonly #store: BackupStore;
  readonly #manifest: Manifest;
  readonly #path: string;
  /** Of the backup's blobs: the SHA-256. */
  readonly #sums = new Scratch();
  /** What the backup's blobs and contents are in a shard: `<shard> <id>` → id. */
  readonly #moved = new Scratch();
  #versions = 0;

  constructor(requests: SignedRequests, store: BackupStore, manifest: Manifest, name: string) {
    this.#requests = requests;
    this.#store = store;
    this.#manifest = manifest;
    this.#path = `/_ledge/buckets/${encodeURIComponent(name)}/restore`;
  }

  get #from(): string {
    return this.#manifest.exported.bucket.id;
  }

  get #token(): string {
    return `${this.#from} ${this.#manifest.snapshot}`;
  }

  async begin(): Promise<void> {
    const { exported, keys, highestSequence } = this.#manifest;
    await this.#post("", { token: this.#token, exported, keys, highestSequence });
  }

  /** @returns how many versions there are by now */
  async file(lines: readonly Line[]): Promise<number> {
    let batch = emptyBatch();
    for (const line of lines) {
      if ("blob" in line) this.#sums.set(line.blob, line.sha256);
      else if ("annotation" in line) batch.annotations.push(line);
      else {
        if (isFull(batch)) {
          await this.#bring(batch);
          // The parts of an upload may go on in the next.
          batch = { ...emptyBatch(), uploads: batch.uploads.slice(-1).map(withoutParts) };
        }
        if ("version" in line) batch.versions.push(line.version);
        else if ("upload" in line) batch.uploads.push({ columns: line.upload, parts: [] });
        else batch.uploads.at(-1)?.parts.push(line.part);
      }
      batch.bytes += bytesOf(line);
      batch.blobs += blobsOfLine(line);
    }
    await this.#bring(batch);
    return this.#versions;
  }

  async finish(): Promise<void> {
    const { bucket, documents } = this.#manifest.exported;
    await this.#post("/finish", { documents, flags: bucket.shard.flags });
  }

  close(): void {
    this.#sums.close();
    this.#moved.close();
  }

  async #bring({ versions, annotations, uploads }: Batch): Promise<void> {
    await bringUploads(uploads, {
      from: this.#from,
      post: (path, document) => this.#postJson(path, document),
      bringBlob: async (shard, id) => {
        const known = this.#moved.get(`${shard} ${id}`);
        const moved = known ?? (await this.#bringBlob(shard, id));
        this.#moved.set(`${shard} ${id}`, moved);
        return moved;
      },
      forgetBlob: (shard, id) => this.#moved.delete(`${shard} ${id}`),
    });
    for (let left = versions, attempt = 1; left.length > 0; attempt += 1) {
      left = await this.#bringVersions(left);
      if (left.length > 0 && attempt >= MAX_ATTEMPTS)
        throw new UserError("what is restored is swept away before it is in the books");
    }
    this.#versions += versions.length;
    for (const { annotation, key, sequence } of annotations)
      await this.#post("/annotations", { key, sequence, annotations: [annotation] });
  }

  /** @returns those that have to be brought anew */
  async #bringVersions(versions: readonly ExportedVersion[]): Promise<ExportedVersion[]> {
    const names = versions.map(({ columns }) => [columns["key"], columns["sequence"]]);
    const { found } = await this.#postJson<{
      found: readonly { readonly shard: string; readonly contentId?: string | null }[];
    }>("/look", { versions: names });
    const missing: { readonly version: ExportedVersion; readonly shard: string }[] = [];
    for (const [i, version] of versions.entries()) {
      const { shard = "", contentId } = found[i] ?? {};
      if (contentId === undefined) missing.push({ version, shard });
      else if (contentId !== null) this.#remember(shard, version, contentId);
    }
    const wanted = new Map(
      missing.flatMap(({ version, shard }) =>
        blobsOf(version).map((id) => [`${shard} ${id}`, { shard, id }]),
      ),
    );
    const unknown = [...wanted].filter(([name]) => this.#moved.get(name) === undefined);
    await atOnce(BLOBS_AT_ONCE, unknown, async ([name, { shard, id }]) => {
      this.#moved.set(name, await this.#bringBlob(shard, id));
    });
    const moved = missing.map(({ version, shard }) => this.#movedVersion(version, shard));
    if (moved.length === 0) return [];
    const { outcomes } = await this.#postJson<{ outcomes: readonly string[] }>("/rows", {
      from: this.#from,
      versions: moved,
    });
    const again = missing.filter((_, i) => outcomes[i] === "swept");
    for (const [i, { version }] of missing.entries())
      if (outcomes[i] === "conflict")
        throw new UserError(
          `${JSON.stringify(version.columns["key"])} was written while it was restored`,
        );
    for (const { version, shard } of again) this.#forget(shard, version);
    return again.map(({ version }) => version);
  }

  async #bringBlob(shard: string, id: string): Promise<string> {
    const sha256 = this.#sums.get(id);
    const file =
      sha256 === undefined ? undefined : await this.#store.open(blobName(this.#bucket, id));
    if (sha256 === undefined || file === undefined)
      throw new UserError(`the blob ${id} of the backup is missing`);
    try {
      const { blobId } = await this.#requests.json<{ blobId: string }>(
        "PUT",
        `${this.#path}/blobs`,
        {
          query: { shard },
          headers: { ...this.#headers, "x-ledge-sha256": sha256 },
          body: file,
        },
      );
      return blobId;
    } catch (error) {
      if (error instanceof RefusedError && error.code === "BadDigest")
        throw new UserError(`the blob ${id} of the backup is damaged`);
      throw error;
    }
  }

  /** The name under which the backup keeps the bucket. */
  get #bucket(): string {
    return this.#manifest.exported.bucket.name;
  }

  #movedVersion(version: ExportedVersion, shard: string): RestoredVersion {
    const { columns, segments } = version;
    const { content_id: contentId, sealed_key: sealedKey } = columns;
    const plain = { ...version, columns: { ...columns, content_id: null } };
    if (typeof contentId !== "string") return plain;
    if (segments === undefined) {
      const sealed = typeof sealedKey === "string" ? sealedFor(sealedKey, contentId) : null;
      return {
        ...plain,
        columns: { ...plain.columns, sealed_key: sealed },
        contentId: this.#movedBlob(shard, contentId),
      };
    }
    const name = `${shard} ${contentName(version)}`;
    const moved = this.#moved.get(name) ?? `${shard}/${ulid(Date.now())}`;
    this.#moved.set(name, moved);
    return {
      ...plain,
      contentId: moved,
      segments: segments.map((segment) => this.#movedSegment(segment, shard)),
    };
  }

  #movedSegment(segment: BackupSegment, shard: string): BackupSegment {
    return movedSegment(segment, this.#movedBlob(shard, segment.blobId));
  }

  #movedBlob(shard: string, blobId: string): string {
    return this.#moved.get(`${shard} ${blobId}`) ?? "";
  }

  /** What an interrupted run has brought: other versions may have the same content. */
  #remember(shard: string, version: ExportedVersion, contentId: string): void {
    this.#moved.set(`${shard} ${contentName(version)}`, contentId);
  }

  #forget(shard: string, version: ExportedVersion): void {
    this.#moved.delete(`${shard} ${contentName(version)}`);
    for (const id of blobsOf(version)) this.#moved.delete(`${shard} ${id}`);
  }

  get #headers(): Readonly<Record<string, string>> {
    return { "x-ledge-restore": this.#token };
  }

  async #post(path: string, document: object): Promise<void> {
    const body = Buffer.from(JSON.stringify(document));
    await this.#requests.done("POST", this.#path + path, { body, headers: this.#headers });
  }

  #postJson<T>(path: string, document: object): Promise<T> {
    const body = Buffer.from(JSON.stringify(document));
    return this.#requests.json<T>("POST", this.#path + path, { body, headers: this.#headers });
  }
}

function emptyBatch(): Batch {
  return { versions: [], annotations: [], uploads: [], bytes: 0, blobs: 0 };
}

function isFull(batch: Batch): boolean {
  const { bytes, blobs } = batch;
  return sizeOf(batch) >= BATCH_ROWS || bytes > BATCH_BYTES || blobs >= BATCH_BLOBS;
}

function blobsOfLine(line: Line): number {
  if ("version" in line) return blobsOf(line.version).length;
  return "part" in line ? blobsOf(line.part).length : 0;
}

function sizeOf({ versions, uploads }: Batch): number {
  return uploads.reduce((sum, { parts }) => sum + parts.length + 1, versions.length);
}

function withoutParts({ columns }: BroughtUpload): BroughtUpload {
  return { columns, parts: [] };
}

function bytesOf(line: Line): number {
  if ("annotation" in line) return line.annotation.payload.length;
  if ("part" in line) return 256 * (line.part.segments?.length ?? 1);
  if ("version" in line)
    return (line.version.body?.length ?? 0) + 256 * (line.version.segments?.length ?? 0);
  return 0;
}

/** A content that has become longer since is another one to whoever knows less of it. */
function contentName({ columns, segments }: ExportedVersion): string {
  const id = String(columns["content_id"] satisfies BackupColumns[string] | undefined);
  return segments === undefined ? id : `${id} ${segments.length}`;
}
