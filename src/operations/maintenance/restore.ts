import {
  areKeys,
  blobsOfRestored,
  checkRestored,
  isColumn,
  isCount,
  isRestoredVersion,
  MAX_SEQUENCE,
} from "../../domain/backup/read-restored.ts";
import { beginRestore, type RestorePlan } from "../../domain/backup/restore-bucket.ts";
import { dropOnFailure } from "../../domain/body/drop-blob.ts";
import { incomingBody } from "../../domain/body/incoming-body.ts";
import { noSuchBucket } from "../../domain/bucket-owner.ts";
import { ulid } from "../../lib/ulid.ts";
import type { ShardFlags } from "../../protocol/bucket-configuration.ts";
import { S3Error } from "../../protocol/errors.ts";
import { emptyResponse, jsonResponse } from "../../protocol/respond.ts";
import type { S3Request } from "../../protocol/s3-request.ts";
import { RESTORE_KIND, RESTORED_KIND } from "../../storage/ports/backup-directory.ts";
import type { BackupAnnotation, RestoredVersion } from "../../storage/ports/backup-rows.ts";
import type { StoredDocument } from "../../storage/ports/bucket-directory.ts";
import { ofRoot } from "../accounts/of-root.ts";
import type { AccountOperation } from "../operation.ts";
import { invalid, objectsIn, readJson } from "./read-json.ts";
import {
  MAX_RESTORED_BYTES,
  movedColumns,
  requireBlobs,
  restoredName,
  restoringOf,
} from "./restoring.ts";

const PATH = /^buckets\/([^/]{1,255})\/restore(\/look|\/rows|\/blobs|\/annotations|\/finish)?$/;

/** What `ledge restore` writes; `docs/backup.md` describes it. @returns undefined: the request is about none of it */
export function restoreOperationFor({
  method,
  key = "",
}: Pick<S3Request, "key" | "method">): AccountOperation | undefined {
  const match = PATH.exec(key);
  return match === null ? undefined : OPERATIONS[`${method} ${match[2] ?? ""}`];
}

const OPERATIONS: Readonly<Record<string, AccountOperation>> = {
  /** `GET /_ledge/buckets/{name}/restore` → `{"restored"}`: the token of the restore that made the bucket, if one did; NoSuchBucket */
  "GET ": ofRoot("GetBucketRestore", async (context) => {
    const name = restoredName(context);
    const bucket = await context.directory.find(name);
    const mark = bucket && (await context.directory.readDocument(bucket.id, RESTORED_KIND, ""));
    if (mark === undefined) throw noSuchBucket(name);
    return jsonResponse({ restored: mark.body });
  }),
  /**
   * `POST /_ledge/buckets/{name}/restore` with `{"token", "exported", "keys", "highestSequence"}`: makes the bucket, or goes on with
   * one. 204; as `beginRestore`
   */
  "POST ": ofRoot("BeginRestore", async (context) => {
    const plan = await readJson<RestorePlan>(context, MAX_RESTORED_BYTES);
    const { token, exported, keys, highestSequence } = plan;
    const isWhole =
      typeof token === "string" &&
      typeof exported?.bucket === "object" &&
      exported.bucket !== null &&
      typeof keys === "object" &&
      keys !== null;
    if (!isWhole || !areKeys(keys)) throw invalid("The document says not what is to be restored");
    const { shardCount, region, createdMs, ownerId } = exported.bucket;
    const isSound =
      [region, ownerId].every((each) => typeof each === "string") &&
      Number.isSafeInteger(createdMs);
    if (!isSound) throw invalid("The backup says not what bucket it is of");
    if (!SHARD_COUNTS.has(shardCount)) throw invalid("The backup is of a bucket without shards");
    // Numbers that are no exact ones would be given twice.
    if (!isCount(highestSequence) || highestSequence > MAX_SEQUENCE)
      throw invalid("The backup has no highest number");
    const name = restoredName(context);
    await beginRestore(context, {
      ...{ name, token, exported, keys },
      highestSequence,
    });
    return emptyResponse(204);
  }),
  /** `POST …/restore/look` with `{"versions": [[key, sequence], …]}` → `{"found": [{"shard", "contentId"}]}`, without contentId where there is none yet */
  "POST /look": ofRoot("LookForVersions", async (context) => {
    const { index } = await restoringOf(context);
    const { versions = [] } = await readJson<{
      versions: readonly (readonly [key: string, sequence: number])[];
    }>(context, MAX_RESTORED_BYTES);
    const isNamed = (name: unknown): boolean =>
      Array.isArray(name) && name.length === 2 && name.every((each) => isColumn(each));
    if (!Array.isArray(versions) || !versions.every(isNamed))
      throw invalid("The document has no list of keys and numbers");
    const found: { shard: string; contentId?: string | null }[] = versions.map(([key]) => ({
      shard: index.shardNameOf(String(key)),
    }));
    for (const [shardName, ats] of Map.groupBy(found.keys(), (at) => found[at]?.shard ?? "")) {
      const names = ats.flatMap((at) => (versions[at] === undefined ? [] : [versions[at]]));
      const there = await context.inspection.inspect(shardName, "lookForVersions", names);
      for (const [i, at] of ats.entries()) {
        const contentId = there[i]?.contentId;
        if (there[i] !== undefined) found[at] = { shard: shardName, contentId: contentId ?? null };
      }
    }
    return jsonResponse({ found });
  }),
  /** `PUT …/restore/blobs?shard=`: bytes as they were stored → `{"blobId"}`; BadDigest */
  "PUT /blobs": ofRoot("RestoreBlob", async (context) => {
    const { index } = await restoringOf(context);
    const { request, blobs } = context;
    const shardName = index.shardNames().find((each) => each === request.query.get("shard"));
    if (shardName === undefined) throw invalid("The bucket has no such shard");
    const hex = request.headers.get("x-ledge-sha256") ?? "";
    if (!/^[0-9a-f]{64}$/.test(hex)) throw invalid("x-ledge-sha256 is missing");
    const blobId = `${shardName}/${ulid(Date.now())}`;
    await dropOnFailure(blobs, blobId, async () => {
      const digest = { algorithm: "sha256", hex } as const;
      const written = await blobs.write(blobId, incomingBody(context), digest);
      if (!written.ok) throw new S3Error("BadDigest");
    });
    return jsonResponse({ blobId });
  }),
  /** `POST …/restore/rows` with `{"from", "versions"}` → `{"outcomes": ["imported", …]}`; InvalidRequest for one that is not sound */
  "POST /rows": ofRoot("ImportRows", async (context) => {
    const { index } = await restoringOf(context);
    const { from, versions = [] } = await readJson<{
      from: string;
      versions: readonly RestoredVersion[];
    }>(context, MAX_RESTORED_BYTES);
    if (typeof from !== "string")
      throw invalid("The document does not say which bucket it is from");
    const restored = objectsIn<RestoredVersion>(versions, "versions");
    if (!restored.every(isRestoredVersion)) throw invalid("A version is not made as one");
    const moved = restored.map((version) => ({
      ...version,
      columns: movedColumns(version.columns, from),
    }));
    const shards = moved.map(({ columns }) => index.shardNameOf(String(columns["key"])));
    for (const [i, version] of moved.entries()) checkRestored(version, shards[i] ?? "");
    await requireBlobs(context, moved.flatMap(blobsOfRestored));
    const outcomes: string[] = [];
    for (const [shardName, ats] of Map.groupBy(moved.keys(), (at) => shards[at] ?? "")) {
      const share = ats.flatMap((at) => moved[at] ?? []);
      const done = await context.inspection.repair(shardName, "importVersions", share);
      for (const [i, at] of ats.entries()) outcomes[at] = done[i] ?? "conflict";
    }
    return jsonResponse({ outcomes });
  }),
  /** `POST …/restore/annotations` with `{"key", "sequence", "annotations"}`: 204 */
  "POST /annotations": ofRoot("ImportAnnotations", async (context) => {
    const { index } = await restoringOf(context);
    const {
      key,
      sequence,
      annotations = [],
    } = await readJson<{
      key: string;
      sequence: number;
      annotations: readonly BackupAnnotation[];
    }>(context, MAX_RESTORED_BYTES);
    const isSound = objectsIn<BackupAnnotation>(annotations, "annotations").every(
      ({ name, etag, payload, modifiedMs, checksum }) =>
        [name, etag, payload].every((each) => typeof each === "string") &&
        ["string", "undefined"].includes(typeof checksum) &&
        Number.isSafeInteger(modifiedMs),
    );
    if (typeof key !== "string" || typeof sequence !== "number" || !isSound)
      throw invalid("The annotations are not sound");
    const shardName = index.shardNameOf(key);
    if (
      !(await context.inspection.repair(shardName, "importAnnotations", key, sequence, annotations))
    )
      throw invalid("There is no such version");
    return emptyResponse(204);
  }),
  /** `POST …/restore/finish` with `{"documents", "flags"}`: the bucket is as it was. 204 */
  "POST /finish": ofRoot("FinishRestore", async (context) => {
    const { bucket, token } = await restoringOf(context);
    const { documents = [], flags = {} } = await readJson<{
      documents: readonly StoredDocument[];
      flags: ShardFlags;
    }>(context, MAX_RESTORED_BYTES);
    for (const document of objectsIn<StoredDocument>(documents, "documents"))
      checkDocument(document);
    if (typeof flags !== "object" || flags === null || Array.isArray(flags))
      throw invalid("The document has no flags");
    const restored = await context.backups.finishRestore(
      bucket.name,
      token,
      documents,
      flags,
      context.audit,
    );
    if (restored === undefined) throw new S3Error("OperationAborted");
    await context.indexOf(restored.bucket).configure(restored.shardPart);
    context.buckets.update(restored.bucket);
    return emptyResponse(204);
  }),
};

const SHARD_COUNTS: ReadonlySet<number> = new Set(Array.from({ length: 9 }, (_, i) => 2 ** i));
const PARTS: ReadonlySet<string> = new Set(["gateway", "shard", "directory"]);
/** What they say is of restores themselves. */
const MARKS: ReadonlySet<string> = new Set([RESTORE_KIND, RESTORED_KIND]);

function checkDocument({ kind, id, part, body }: Partial<StoredDocument>): void {
  const isNamed = typeof kind === "string" && /^[a-z-]{1,64}$/.test(kind) && typeof id === "string";
  if (!isNamed || MARKS.has(kind) || !PARTS.has(String(part)) || typeof body !== "string")
    throw invalid("A document of the bucket has no name");
  try {
    JSON.parse(body);
  } catch {
    throw invalid(`The document ${kind} is no JSON`);
  }
}
