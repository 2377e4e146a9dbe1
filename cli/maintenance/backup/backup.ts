import { createHash } from "node:crypto";
import type {
  ExportedPage,
  ExportedUploadPage,
  ExportedVersion,
} from "../../../src/domain/backup/export-rows.ts";
import type { BackupKeys, ExportedBucket } from "../../../src/storage/ports/backup-directory.ts";
import type { BackupAnnotation } from "../../../src/storage/ports/backup-rows.ts";
import { UserError } from "../../user-error.ts";
import { RefusedError, type SignedRequests } from "../signed-requests.ts";
import { type BackupStore, bytesToSend } from "./backup-store.ts";
import {
  blobName,
  type Counts,
  FORMAT,
  latestName,
  type Line,
  type Manifest,
  manifestName,
  readJsonFile,
  readRows,
  sha256Of,
  snapshotNow,
  unfinishedName,
  writeJsonFile,
} from "./manifest.ts";
import { blobsOf, type Holding } from "./held-blobs.ts";
import { areWhole, FileOfRows, type Progress } from "./file-of-rows.ts";
import { atOnce, Scratch } from "./scratch.ts";

const BLOBS_AT_ONCE = 8;

interface Exported extends ExportedBucket {
  readonly keys: BackupKeys;
  readonly shards: readonly string[];
}

export interface BackupEvents {
  /** After each file. */
  progress(counts: Counts): void;
  /** A version that is left out, since its bytes are not there. */
  lost(key: string, blobIds: string): void;
}

/**
 * Copies a bucket into a store. Each page of versions is of one moment, and a version is whole; what is written meanwhile is in the backup
 * or not, key by key. Blobs that the snapshot before has are not copied again.
 */
export async function backUpBucket(
  requests: SignedRequests,
  store: BackupStore,
  name: string,
  events: BackupEvents,
): Promise<Manifest> {
  const path = `/_ledge/buckets/${encodeURIComponent(name)}/backup`;
  const exported = await requests.json<Exported>("GET", path);
  const latest = await readJsonFile<{ snapshot: string }>(store, latestName(name));
  const known = new Scratch();
  try {
    if (latest !== undefined) await learnBlobs(store, name, latest.snapshot, known);
    const backup = new Backup(requests, store, name, exported, known, events);
    return await backup.run(latest?.snapshot);
  } finally {
    known.close();
  }
}

/** The blobs that a snapshot, and those before it, have brought into the store. */
async function learnBlobs(
  store: BackupStore,
  bucket: string,
  snapshot: string,
  known: Scratch,
): Promise<void> {
  const manifest = await readJsonFile<Manifest>(store, manifestName(bucket, snapshot));
  for (const file of manifest?.files ?? []) learnLines(await readRows(store, file), known);
}

function learnLines(lines: readonly Line[], known: Scratch): void {
  for (const line of lines)
    if ("blob" in line) known.set(line.blob, JSON.stringify([line.sizeBytes, line.sha256]));
}

class Backup {
  readonly #requests: SignedRequests;
  readonly #store: BackupStore;
  readonly #bucket: string;
  /** As it is by last: rows may name keys, and versions, that there were not when they were begun. */
  #exported: Exported;
  readonly #events: BackupEvents;
  /** Blobs that the store has: size and SHA-256. */
  readonly #known: Scratch;
  /** Blobs that this snapshot has named. */
  readonly #named = new Scratch();

  constructor(
    requests: SignedRequests,
    store: BackupStore,
    bucket: string,
    exported: Exported,
    known: Scratch,
    events: BackupEvents,
  ) {
    this.#requests = requests;
    this.#store = store;
    this.#bucket = bucket;
    this.#exported = exported;
    this.#known = known;
    this.#events = events;
  }

  async run(previous: string | undefined): Promise<Manifest> {
    try {
      let progress = await this.#begin();
      while (progress.shard < this.#exported.shards.length || (await this.#hasGrown())) {
        progress = await this.#nextFiles(progress);
        await writeJsonFile(this.#store, unfinishedName(this.#bucket), progress);
        this.#events.progress(progress.counts);
      }
      const { snapshot, startedAt, files, counts, highestSequence } = progress;
      const { keys, bucket, documents, shards: names } = this.#exported;
      // New shards number alike: of two of them, one shard could not have the rows.
      const shards = { ...bucket, shardCount: names.length };
      const manifest: Manifest = {
        ...{ format: FORMAT, snapshot, startedAt, finishedAt: new Date().toISOString() },
        ...(previous !== undefined && { previous }),
        ...{ exported: { bucket: shards, documents }, keys, highestSequence, files, counts },
      };
      await writeJsonFile(this.#store, manifestName(this.#bucket, snapshot), manifest);
      await writeJsonFile(this.#store, latestName(this.#bucket), { snapshot });
      await this.#store.remove(unfinishedName(this.#bucket));
      return manifest;
    } finally {
      this.#named.close();
    }
  }

  /** What has moved to new shards since their old ones were read is in both; what moved before is in the new ones. */
  async #hasGrown(): Promise<boolean> {
    const path = `/_ledge/buckets/${encodeURIComponent(this.#bucket)}/backup`;
    const newest = await this.#requests.json<Exported>("GET", path);
    const { bucket, shards } = this.#exported;
    if (newest.bucket.id !== bucket.id)
      throw new UserError(`${this.#bucket} was deleted, and made anew, while it was backed up`);
    this.#exported = newest;
    return newest.shards.length > shards.length;
  }

  /** Goes on with what was interrupted, if it is of this bucket. */
  async #begin(): Promise<Progress> {
    const { id } = this.#exported.bucket;
    const unfinished = await readJsonFile<Progress>(this.#store, unfinishedName(this.#bucket));
    // Of an earlier format it has no uploads.
    const isOfThis = unfinished?.bucketId === id && unfinished.stage !== undefined;
    if (isOfThis && (await areWhole(this.#store, unfinished.files))) {
      for (const file of unfinished.files) {
        const lines = await readRows(this.#store, file);
        learnLines(lines, this.#known);
        learnLines(lines, this.#named);
      }
      return unfinished;
    }
    return {
      snapshot: snapshotNow(),
      ...{
        bucketId: id,
        startedAt: new Date().toISOString(),
        files: [],
        highestSequence: 0,
        shard: 0,
        after: "",
      },
      stage: "uploads",
      counts: { versions: 0, blobs: 0, blobBytes: 0, lost: 0 },
    };
  }

  async #nextFiles(progress: Progress): Promise<Progress> {
    const { files, stage } = progress;
    const file = new FileOfRows(progress);
    const shardName = this.#exported.shards[progress.shard] ?? "";
    let after: string | undefined = progress.after;
    while (after !== undefined && !file.isFull && file.written.length === 0)
      after =
        stage === "uploads"
          ? await this.#addUploads(file, shardName, after)
          : await this.#addVersions(progress, file, shardName, after);
    const isShardDone = after === undefined && stage === "versions";
    const next: Progress = {
      ...progress,
      ...{ counts: file.counts, highestSequence: file.highestSequence },
      shard: progress.shard + Number(isShardDone),
      stage: after !== undefined ? stage : isShardDone ? "uploads" : "versions",
      after: after ?? "",
    };
    if (file.lines.length > 0) await this.#write(progress, file);
    return { ...next, files: [...files, ...file.written] };
  }

  async #write({ snapshot, files }: Progress, file: FileOfRows): Promise<void> {
    const content = Buffer.from(file.lines.join(""));
    const number = files.length + file.written.length + 1;
    const name = `${this.#bucket}/${snapshot}/rows-${String(number).padStart(6, "0")}.jsonl`;
    await this.#store.write(name, bytesToSend(content));
    file.endWith({ name, sizeBytes: content.byteLength, sha256: sha256Of(content) });
  }

  /** @returns what to go on after; undefined: there are no more in the shard */
  async #addVersions(
    progress: Progress,
    file: FileOfRows,
    shard: string,
    after: string,
  ): Promise<string | undefined> {
    const { versions, next } = await this.#readPage(shard, after);
    const { kept, missed } = await this.#copyBlobs(versions, (line) => file.add(line));
    for (const version of kept) {
      file.addVersion(version);
      if (version.isAnnotated === true)
        for await (const line of this.#annotationsOf(shard, version)) {
          if (file.isFull) await this.#write(progress, file);
          file.add(line);
        }
    }
    file.counts.lost += await this.#lostOf(
      missed.map((version) => ({ key: String(version.columns["key"]), held: version })),
      async () => (await this.#readPage(shard, after)).versions,
    );
    return next;
  }

  /** @returns as {@link #addVersions} */
  async #addUploads(file: FileOfRows, shard: string, after: string): Promise<string | undefined> {
    const { uploads, next } = await this.#readUploads(shard, after);
    const lost: { readonly key: string; readonly held: Holding }[] = [];
    for (const { columns, parts } of uploads) {
      const { kept, missed } = await this.#copyBlobs(parts, (line) => file.add(line));
      file.addUpload(columns);
      for (const part of kept) file.add({ part });
      lost.push(...missed.map((held) => ({ key: String(columns["key"]), held })));
    }
    file.counts.lost += await this.#lostOf(lost, async () =>
      (await this.#readUploads(shard, after)).uploads.flatMap(({ parts }) => parts),
    );
    return next;
  }

  #readPage(shard: string, after: string): Promise<ExportedPage> {
    return this.#read("rows", shard, after);
  }

  #readUploads(shard: string, after: string): Promise<ExportedUploadPage> {
    return this.#read("uploads", shard, after);
  }

  #read<T>(what: string, shard: string, after: string): Promise<T> {
    const path = `/_ledge/buckets/${encodeURIComponent(this.#bucket)}/backup/${what}`;
    return this.#requests.json<T>("GET", path, { query: { shard, after } });
  }

  async *#annotationsOf(shard: string, { columns }: ExportedVersion): AsyncGenerator<Line, void> {
    const path = `/_ledge/buckets/${encodeURIComponent(this.#bucket)}/backup/annotations`;
    const { key, sequence } = columns;
    let after: string | undefined = "";
    while (after !== undefined) {
      const query: Record<string, string> = { shard, sequence: String(sequence), after };
      const page: { annotations: readonly BackupAnnotation[] } = await this.#requests.json(
        "GET",
        path,
        { query },
      );
      const { annotations } = page;
      for (const annotation of annotations)
        yield { annotation, key: String(key), sequence: Number(sequence) };
      after = annotations.at(-1)?.name;
    }
  }

  /** @returns those whose bytes the store has by then, and the others */
  async #copyBlobs<Held extends Holding>(
    all: readonly Held[],
    tell: (line: Line) => void,
  ): Promise<Record<"kept" | "missed", readonly Held[]>> {
    const wanted = new Set(all.flatMap(blobsOf));
    const lost = new Set<string>();
    const missing = [...wanted].filter((id) => this.#known.get(id) === undefined);
    await atOnce(BLOBS_AT_ONCE, missing, async (blobId) => {
      const copied = await this.#copyBlob(blobId);
      if (copied === undefined) lost.add(blobId);
      else this.#known.set(blobId, JSON.stringify(copied));
    });
    for (const blob of wanted) {
      const known = this.#known.get(blob);
      if (known === undefined || this.#named.get(blob) !== undefined) continue;
      this.#named.set(blob, "");
      const [sizeBytes, sha256] = JSON.parse(known) as [number, string];
      tell({ blob, sizeBytes, sha256 });
    }
    const isMissed = (held: Held): boolean => blobsOf(held).some((id) => lost.has(id));
    return { kept: all.filter((held) => !isMissed(held)), missed: all.filter(isMissed) };
  }

  /** How many of these are still there, and so have lost their bytes; the others have been deleted meanwhile. */
  async #lostOf(
    missed: readonly { readonly key: string; readonly held: Holding }[],
    readAgain: () => Promise<readonly Holding[]>,
  ): Promise<number> {
    if (missed.length === 0) return 0;
    const nameOf = ({ columns }: Holding): string => JSON.stringify(columns);
    const still = new Set((await readAgain()).map(nameOf));
    const lost = missed.filter(({ held }) => still.has(nameOf(held)));
    for (const { key, held } of lost) this.#events.lost(key, blobsOf(held).join(", "));
    return lost.length;
  }

  /** @returns its size and its SHA-256; undefined: it is not there, as one that has been deleted since */
  async #copyBlob(blobId: string): Promise<[number, string] | undefined> {
    try {
      const answer = await this.#requests.send("GET", `/_ledge/blobs/${blobId}`);
      const sizeBytes = Number(answer.headers["content-length"]);
      const hash = createHash("sha256");
      await this.#store.write(blobName(this.#bucket, blobId), {
        sizeBytes,
        chunks: hashed(answer, (chunk) => hash.update(chunk)),
      });
      return [sizeBytes, hash.digest("hex")];
    } catch (error) {
      if (error instanceof RefusedError && error.status === 400) return undefined;
      throw error;
    }
  }
}

async function* hashed(
  chunks: AsyncIterable<Uint8Array>,
  look: (chunk: Uint8Array) => void,
): AsyncGenerator<Uint8Array, void> {
  for await (const chunk of chunks) {
    look(chunk);
    yield chunk;
  }
}
