import type { ChecksumAlgorithm } from "../protocol/checksums.ts";
import type { WriteConditions } from "../protocol/write-conditions.ts";
import type {
  ObjectAttributes,
  ObjectDraft,
  ReplicaDraft,
  StoredChecksum,
  StoredHeaders,
} from "../protocol/object-record.ts";
import { type KeyRefusal, refusalError } from "../protocol/refusal.ts";
import type { CommitOutcome } from "../storage/ports/bucket-index.ts";
import { NO_CLAIMS } from "./body/claims.ts";
import { digester } from "./body/digester.ts";
import { commitOrDrop } from "./body/drop-blob.ts";
import { copyAnnotations } from "./copy-annotations.ts";
import type { SourceObject } from "./copy-source.ts";
import { bodyOfSource, copiedEtag, sharesBytes } from "./encryption/copied-encryption.ts";
import type { ChosenEncryption } from "./encryption/new-encryption.ts";
import type { ObjectKey } from "./encryption/object-key.ts";
import { feedContent } from "./feed-content.ts";
import type { ContentStores, Readable } from "./open-content.ts";
import type { BucketPorts } from "./ports.ts";
import { commitCopy, type ReferenceStores, whileSourceGone } from "./reference-content.ts";
import { storeBody } from "./write-object.ts";

export interface ObjectCopy {
  readonly key: string;
  /**
   * Reads the source with its content, and the number of its annotations, if the copy is to have them, and checks it;
   * called anew when it turns out to be gone.
   */
  readonly readSource: () => Promise<SourceObject>;
  readonly storageClass: string;
  /** The copy's headers, from those of the source. */
  readonly headersOf: (source: StoredHeaders) => StoredHeaders;
  /** The copy's attributes, from those of the source. */
  readonly attributesOf: (source: ObjectAttributes) => ObjectAttributes;
  /** Of the copy, as in `ObjectDraft`; it does not follow from the source's. */
  readonly access: string | undefined;
  /** Of the copy; it does not follow from the source's either. Undefined: nothing is said of it. */
  readonly encryption: ChosenEncryption | undefined;
  /** Undefined: the source's checksum will do, or none. */
  readonly checksumAlgorithm: ChecksumAlgorithm | undefined;
  readonly conditions: WriteConditions;
  /** Absent: it is a version of its own. */
  readonly replica?: ReplicaDraft;
}

export interface CopiedObject {
  readonly etag: string;
  readonly lastModifiedMs: number;
  readonly checksum: StoredChecksum | undefined;
  /** Of the copy; undefined: its bucket never had versions. */
  readonly versionId: string | undefined;
  /** As in `CommitOutcome`. */
  readonly expiration?: string | undefined;
  /** Of what was copied. */
  readonly sourceVersionId: string | undefined;
  /** What the answer tells of the copy's encryption. */
  readonly encryptionHeaders: Readonly<Record<string, string>>;
}

/**
 * Makes an object of another one's content. No byte is stored again, unless only one of the two is encrypted, and none is read,
 * unless the copy is to have a checksum that its source has not.
 *
 * @param errorOf what a refusal of the index is
 * @throws S3Error PreconditionFailed, NoSuchKey (If-Match on a missing key), SlowDown (the source changes all the time),
 * and what `readSource` throws
 */
export async function copyContent(
  stores: Stores,
  copy: ObjectCopy,
  errorOf = (refusal: KeyRefusal): Error => refusalError(refusal, { key: copy.key }),
): Promise<CopiedObject> {
  const { key, readSource, encryption: chosen, replica } = copy;
  return whileSourceGone(async () => {
    const from = await readSource();
    const { record, objectKey } = from;
    const to = chosen?.hasKey === true ? chosen : undefined;
    const isShared = sharesBytes(objectKey, to);
    const encryption = await chosen?.encryption(isShared ? objectKey?.bytes : undefined);
    const { annotationCount = 0, sequence } = record;
    const isNear = stores.index.isNeighbour(key, from.bucketId, record.key);
    const said: SaidOfCopy = {
      storageClass: copy.storageClass,
      headers: copy.headersOf(record.headers),
      attributes: {
        ...copy.attributesOf(record.attributes),
        // The ETag comes along, too.
        ...(record.attributes.hasOpaqueEtag === true && { hasOpaqueEtag: true }),
      },
      access: copy.access,
      encryption: encryption?.column,
      ...(replica === undefined ? { by: "Copy" } : { replica }),
      ...(annotationCount > 0 &&
        isNear && {
          annotatedAs: sequence,
          annotatedFrom: { key: record.key, versionId: record.versionId },
        }),
    };
    const outcome = isShared
      ? await share(stores, copy, from, said, encryption?.key)
      : await storeAnew(stores, copy, from, said, encryption?.key);
    if (!outcome.ok) return outcome;
    const { versionId, etag } = outcome;
    if (annotationCount > 0 && !isNear)
      await copyAnnotations(from, {
        index: stores.index,
        key,
        versionId: replica?.versionId ?? versionId,
        etag,
        ...(replica !== undefined && { isReplica: true }),
      });
    const { headers: encryptionHeaders = {} } = encryption ?? {};
    return { ...outcome, sourceVersionId: record.versionId, encryptionHeaders };
  }, errorOf);
}

type Stores = ReferenceStores & ContentStores & Pick<BucketPorts, "settings">;

type SaidOfCopy = Omit<ObjectDraft, "checksum" | "content" | "etag" | "partCount" | "sizeBytes">;

type Outcome =
  | (Extract<CommitOutcome, { readonly ok: true }> & Pick<CopiedObject, "checksum" | "etag">)
  | Extract<CommitOutcome, { readonly ok: false }>;

/** The copy has the source's bytes. */
async function share(
  stores: Stores,
  { key, checksumAlgorithm, conditions }: ObjectCopy,
  { record, objectKey }: SourceObject,
  said: SaidOfCopy,
  newKey: ObjectKey | undefined,
): Promise<Outcome> {
  const { content, sizeBytes } = record;
  const checksum =
    checksumAlgorithm === undefined || isOfWhole(record.checksum, checksumAlgorithm)
      ? record.checksum
      : await computeChecksum(stores, { ...record, objectKey }, checksumAlgorithm);
  const etag = copiedEtag(record.etag, objectKey, newKey);
  const draft = { ...said, sizeBytes, etag, checksum };
  const outcome = await commitCopy(stores, key, draft, content, conditions);
  return outcome.ok ? { ...outcome, etag, checksum } : outcome;
}

/** The copy gets bytes of its own: encrypted, or not. */
async function storeAnew(
  stores: Stores,
  { key, checksumAlgorithm, conditions }: ObjectCopy,
  from: SourceObject,
  said: SaidOfCopy,
  newKey: ObjectKey | undefined,
): Promise<Outcome> {
  const { index, blobs } = stores;
  const { sizeBytes, checksum: known } = from.record;
  const body = await bodyOfSource(stores, from, { offset: 0, length: sizeBytes });
  const wantedAlgorithm = checksumAlgorithm ?? known?.algorithm;
  const stored = await storeBody(stores, key, body, { ...NO_CLAIMS, wantedAlgorithm }, newKey);
  const { content, etag, checksum } = stored;
  const draft = { ...said, sizeBytes, etag, checksum, partCount: undefined, content };
  const outcome = await commitOrDrop(blobs, content, () => index.commit(key, draft, conditions));
  return outcome.ok ? { ...outcome, etag, checksum } : outcome;
}

function isOfWhole(checksum: StoredChecksum | undefined, algorithm: ChecksumAlgorithm): boolean {
  return checksum?.algorithm === algorithm && checksum.type === "FULL_OBJECT";
}

async function computeChecksum(
  stores: ContentStores,
  object: Readable & { readonly sizeBytes: number },
  algorithm: ChecksumAlgorithm,
): Promise<StoredChecksum> {
  const running = digester(algorithm);
  await feedContent(stores, object, { offset: 0, length: object.sizeBytes }, [running]);
  const value = Buffer.from(await running.digest()).toString("base64");
  return { algorithm, value, type: "FULL_OBJECT" };
}
