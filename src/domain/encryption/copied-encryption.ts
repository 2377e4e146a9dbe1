import { S3Error } from "../../protocol/errors.ts";
import { MAX_PART_BYTES } from "../../protocol/limits.ts";
import type { StoredObject } from "../../protocol/object-record.ts";
import type { ByteRange } from "../../protocol/range.ts";
import { piecesOfBody } from "../../storage/blobs/pieces-of-body.ts";
import { bodyOf } from "../body/form-file.ts";
import type { IncomingBody } from "../body/incoming-body.ts";
import { type ContentStores, openContent } from "../open-content.ts";
import { opaqueEtag, type ObjectKey } from "./object-key.ts";

const PIECE_BYTES = 256 * 1024;

/** A key that bytes are to be encrypted with, or none. */
type Key = Pick<ObjectKey, "isDouble"> | undefined;

/** May a copy have the bytes as they are stored? Its own key opens what the source's does, if that is wrapped anew. */
export function sharesBytes(from: Key, to: Key): boolean {
  return from?.isDouble === to?.isDouble;
}

/**
 * The ETag of a copy that has its source's bytes, and whose key is another: an MD5 is told of no object whose bytes are to be
 * known to nobody; and where clients take an ETag for an MD5, what is none does not look like one.
 */
export function copiedEtag(
  etag: string,
  from: ObjectKey | undefined,
  to: ObjectKey | undefined,
): string {
  if (to === undefined || from === undefined) return etag;
  if (!to.hasMd5Etag) return opaqueEtag();
  return from.hasMd5Etag || etag.includes("-") ? etag : `${etag}-1`;
}

/** What a copy has to store again, since it is encrypted and its source is not, or the other way round. */
export interface EncryptedSource {
  readonly record: StoredObject;
  readonly objectKey: ObjectKey | undefined;
}

/**
 * The bytes of a source, as a body that is to be stored.
 *
 * @throws S3Error InvalidRequest (over 5 GiB)
 */
export async function bodyOfSource(
  stores: ContentStores,
  { record, objectKey }: EncryptedSource,
  range: ByteRange,
): Promise<IncomingBody> {
  if (range.length > MAX_PART_BYTES) throw sourceTooLarge();
  const { key, content } = record;
  const opened = await openContent(stores, { key, content, objectKey }, range);
  return bodyOf(range.length, async function* () {
    if (opened instanceof Uint8Array) yield opened;
    else yield* piecesOfBody(opened, PIECE_BYTES);
  });
}

export function sourceTooLarge(): S3Error {
  const message = `The specified copy source is larger than the maximum allowable size for a copy source: ${MAX_PART_BYTES}`;
  return new S3Error("InvalidRequest", { message });
}
