import { hash } from "node:crypto";
import type { ChecksumAlgorithm } from "../protocol/checksums.ts";
import { MAX_PART_BYTES } from "../protocol/limits.ts";
import type {
  BlobContent,
  Segment,
  StitchedContent,
  StoredChecksum,
} from "../protocol/object-record.ts";
import type { ByteRange } from "../protocol/range.ts";
import { partRefusalError } from "../protocol/refusal.ts";
import type { PutPartOutcome } from "../storage/ports/upload-index.ts";
import { NO_CLAIMS } from "./body/claims.ts";
import { digester } from "./body/digester.ts";
import { commitOrDrop } from "./body/drop-blob.ts";
import { storeBlob } from "./body/store-body.ts";
import { contentSegments } from "./content-segments.ts";
import {
  bodyOfSource,
  type EncryptedSource,
  sharesBytes,
  sourceTooLarge,
} from "./encryption/copied-encryption.ts";
import { etagOf, type ObjectKey, resealedKey } from "./encryption/object-key.ts";
import { feedContent } from "./feed-content.ts";
import type { ContentStores } from "./open-content.ts";
import { type ReferenceStores, whileSourceGone, withReference } from "./reference-content.ts";

const PLAIN_MD5 = /^[0-9a-f]{32}$/;

type Stores = ReferenceStores & ContentStores;

export interface PartCopy {
  readonly key: string;
  readonly uploadId: string;
  readonly partNumber: number;
  /** That of the upload; undefined when it has none. */
  readonly checksumAlgorithm: ChecksumAlgorithm | undefined;
  /** That of the upload; undefined when it is not encrypted. */
  readonly objectKey: ObjectKey | undefined;
  /** Reads the source with its content, and checks it; called anew when it turns out to be gone. */
  readonly readSource: () => Promise<PartSource>;
}

export interface PartSource extends EncryptedSource {
  /** Which of the source's bytes the part is made of. */
  readonly range: ByteRange;
}

export interface CopiedPart {
  readonly etag: string;
  readonly lastModifiedMs: number;
  readonly checksum: StoredChecksum | undefined;
}

/**
 * Makes a part of a range of an object. The part refers to the bytes, unless they are inline: parts never are, so a blob
 * is written, as it is when only one of source and upload is encrypted. Bytes are read only when the upload wants a checksum that the source has not.
 *
 * @throws S3Error InvalidRequest (over 5 GiB), NoSuchUpload, SlowDown (the source changes all the time), and what
 * `readSource` throws
 */
export async function copyPart(stores: Stores, copy: PartCopy): Promise<CopiedPart> {
  return whileSourceGone(
    async () => {
      const source = await copy.readSource();
      if (source.range.length > MAX_PART_BYTES) throw sourceTooLarge();
      const { content } = source.record;
      return content.kind === "inline" || !sharesBytes(source.objectKey, copy.objectKey)
        ? storeAnew(stores, copy, source)
        : refer(stores, copy, source, content);
    },
    (refusal) => partRefusalError(refusal, copy.uploadId),
  );
}

type Attempt =
  | (CopiedPart & { readonly ok: true })
  | Extract<PutPartOutcome, { readonly ok: false }>;

async function refer(
  stores: Stores,
  { key, uploadId, partNumber, checksumAlgorithm, objectKey }: PartCopy,
  source: PartSource,
  content: BlobContent | StitchedContent,
): Promise<Attempt> {
  const { index, contents } = stores;
  const { range } = source;
  const segments: Segment[] = [];
  for await (const segment of contentSegments(contents, content, range))
    segments.push(resealed(segment, source.objectKey, objectKey));
  const { md5Hex, checksum } = await describe(stores, source, checksumAlgorithm);
  const etag = etagOf(objectKey, md5Hex ?? referenceEtag(segments));
  const outcome = await withReference(stores, key, content, (reference) =>
    index.putPart(key, uploadId, partNumber, {
      sizeBytes: range.length,
      etag,
      checksum,
      content: { kind: "copy", source: reference, segments },
    }),
  );
  return outcome.ok ? { ...outcome, etag, checksum } : outcome;
}

/** The same bytes, for the upload's key. */
function resealed(
  segment: Segment,
  from: ObjectKey | undefined,
  to: ObjectKey | undefined,
): Segment {
  if (from === undefined || to === undefined) return segment;
  return { ...segment, sealedKey: resealedKey(from, to, segment.blobId, segment.sealedKey) };
}

async function storeAnew(
  stores: Stores,
  { key, uploadId, partNumber, checksumAlgorithm, objectKey }: PartCopy,
  source: PartSource,
): Promise<Attempt> {
  const { index, blobs } = stores;
  const { length: sizeBytes } = source.range;
  const body = await bodyOfSource(stores, source, source.range);
  const claims = { ...NO_CLAIMS, wantedAlgorithm: checksumAlgorithm };
  const stored = await storeBlob(blobs, index.newBlobId(key), body, claims, objectKey);
  const { content, etag, checksum } = stored;
  const draft = { sizeBytes, etag, checksum, content };
  const outcome = await commitOrDrop(blobs, content, () =>
    index.putPart(key, uploadId, partNumber, draft),
  );
  return outcome.ok ? { ...outcome, etag, checksum } : outcome;
}

interface PartDigests {
  readonly md5Hex: string | undefined;
  readonly checksum: StoredChecksum | undefined;
}

/** What is known of the part's bytes. They are read only for a checksum that the source has not, and then the MD5 is, too. */
async function describe(
  stores: Stores,
  { record, objectKey, range }: PartSource,
  algorithm: ChecksumAlgorithm | undefined,
): Promise<PartDigests> {
  const { sizeBytes, etag } = record;
  const isWhole = range.length === sizeBytes;
  const isMd5 = PLAIN_MD5.test(etag) && objectKey?.hasMd5Etag !== false;
  const knownMd5Hex = isWhole && isMd5 ? etag : undefined;
  if (algorithm === undefined) return { md5Hex: knownMd5Hex, checksum: undefined };
  const known = isWhole && record.checksum?.type === "FULL_OBJECT" ? record.checksum : undefined;
  if (known?.algorithm === algorithm) return { md5Hex: knownMd5Hex, checksum: known };

  const checksum = digester(algorithm);
  const md5 = digester("MD5");
  await feedContent(stores, { ...record, objectKey }, range, [checksum, md5]);
  const value = Buffer.from(await checksum.digest()).toString("base64");
  return {
    md5Hex: Buffer.from(await md5.digest()).toString("hex"),
    checksum: { algorithm, value, type: "FULL_OBJECT" },
  };
}

/**
 * Stands in for the MD5 of bytes that nobody has read. It is made of what the part refers to, so that the same copy has
 * the same ETag again.
 */
function referenceEtag(segments: readonly Segment[]): string {
  const runs = segments.map(({ blobId, blobOffset, length }) => [blobId, blobOffset, length]);
  return hash("md5", JSON.stringify(runs), "hex");
}
