import type { ChecksumAlgorithm } from "../protocol/checksums.ts";
import type { WriteConditions } from "../protocol/write-conditions.ts";
import type { ObjectAttributes, StoredChecksum, StoredHeaders } from "../protocol/object-record.ts";
import { refusalError } from "../protocol/refusal.ts";
import { digester } from "./body/digester.ts";
import { copyAnnotations } from "./copy-annotations.ts";
import type { SourceObject } from "./copy-source.ts";
import { feedContent } from "./feed-content.ts";
import type { ContentStores, Readable } from "./open-content.ts";
import { commitCopy, type ReferenceStores, whileSourceGone } from "./reference-content.ts";

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
  /** Undefined: the source's checksum will do, or none. */
  readonly checksumAlgorithm: ChecksumAlgorithm | undefined;
  readonly conditions: WriteConditions;
}

export interface CopiedObject {
  readonly etag: string;
  readonly lastModifiedMs: number;
  readonly checksum: StoredChecksum | undefined;
  /** Of the copy; undefined: its bucket never had versions. */
  readonly versionId: string | undefined;
  /** Of what was copied. */
  readonly sourceVersionId: string | undefined;
}

/**
 * Makes an object of another one's content. No byte is stored again, and none is read, unless the copy is to have a
 * checksum that its source has not.
 *
 * @throws S3Error PreconditionFailed, NoSuchKey (If-Match on a missing key), SlowDown (the source changes all the time),
 * and what `readSource` throws
 */
export async function copyContent(
  stores: ReferenceStores & ContentStores,
  {
    key,
    readSource,
    storageClass,
    headersOf,
    attributesOf,
    access,
    checksumAlgorithm,
    conditions,
  }: ObjectCopy,
): Promise<CopiedObject> {
  return whileSourceGone(
    async () => {
      const from = await readSource();
      const { record } = from;
      const { content, sizeBytes, etag, ...source } = record;
      const checksum =
        checksumAlgorithm === undefined || isOfWhole(source.checksum, checksumAlgorithm)
          ? source.checksum
          : await computeChecksum(stores, record, checksumAlgorithm);
      const headers = headersOf(source.headers);
      const attributes = attributesOf(source.attributes);
      const { annotationCount = 0, sequence } = source;
      const isNear = stores.index.isNeighbour(key, from.bucketId, source.key);
      const annotatedAs = annotationCount > 0 && isNear ? sequence : undefined;
      const row = { sizeBytes, etag, storageClass, checksum, headers, attributes, access };
      const draft = { ...row, by: "Copy" as const, annotatedAs };
      const outcome = await commitCopy(stores, key, draft, content, conditions);
      if (!outcome.ok) return outcome;
      const { versionId } = outcome;
      if (annotationCount > 0 && !isNear)
        await copyAnnotations(from, { index: stores.index, key, versionId, etag });
      return { ...outcome, etag, checksum, sourceVersionId: source.versionId };
    },
    (refusal) => refusalError(refusal, { key }),
  );
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
