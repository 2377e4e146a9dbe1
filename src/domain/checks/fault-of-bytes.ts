import { combineChecksums, multipartEtag } from "../../protocol/multipart-checksum.ts";
import type { StoredChecksum, StoredObject } from "../../protocol/object-record.ts";
import type { ContentPart } from "../../storage/ports/content-index.ts";
import { piecesOfBody } from "../../storage/blobs/pieces-of-body.ts";
import { type Digester, digester } from "../body/digester.ts";
import type { ObjectKey } from "../encryption/object-key.ts";
import { type ContentStores, openContent } from "../open-content.ts";

const PIECE_BYTES = 256 * 1024;
const PAGE_PARTS = 1000;

/** A run of an object's bytes that something is said of. */
interface Stretch {
  readonly sizeBytes: number;
  readonly checksum: StoredChecksum | undefined;
}

/**
 * Reads an object to its end. Its bytes are held against its checksum, those of its parts, and its ETag, as far as that is an
 * MD5: of what is encrypted with KMS, or was appended to, or imported with another ETag, it is not.
 *
 * @returns undefined: nothing is wrong with them
 * @throws Error when they cannot be read
 */
export async function faultOfBytes(
  stores: ContentStores,
  record: StoredObject,
  objectKey: ObjectKey | undefined,
): Promise<string | undefined> {
  const { key, content, sizeBytes, checksum, etag } = record;
  const parts = content.kind === "stitched" ? await partsOf(stores, record) : [];
  const stretches: readonly Stretch[] =
    parts.length > 0 ? parts : [{ sizeBytes, checksum: undefined }];
  const opened = await openContent(stores, { key, content, objectKey }, undefined);
  const whole = checksum?.type === "FULL_OBJECT" ? digester(checksum.algorithm) : undefined;
  const md5s: string[] = [];
  const values: string[] = [];
  const pieces = new Pieces(opened);
  for (const { sizeBytes: stretchBytes, checksum: stated } of stretches) {
    const md5 = digester("MD5");
    const own = stated && digester(stated.algorithm);
    const digesters = [md5, own, whole].filter((each) => each !== undefined);
    if (!(await pieces.digest(stretchBytes, digesters))) return "it ends early";
    md5s.push(Buffer.from(await md5.digest()).toString("hex"));
    const value = own === undefined ? undefined : await base64Of(own);
    if (value !== undefined && value !== stated?.value) return "a part is not as its checksum says";
    values.push(stated?.value ?? "");
  }
  if (!(await pieces.isAtEnd())) return "it is longer than its row says";
  if (whole !== undefined)
    return (await base64Of(whole)) === checksum?.value
      ? undefined
      : "it is not as its checksum says";
  if (checksum?.type === "COMPOSITE" && values.every((value) => value !== "")) {
    const combined = values.map((value, i) => ({ value, sizeBytes: parts[i]?.sizeBytes ?? 0 }));
    return combineChecksums(checksum.algorithm, "COMPOSITE", combined) === checksum.value
      ? undefined
      : "its checksum is not that of its parts";
  }
  // Parts have no ETags any more, and what was appended to, or put together of copies, has one of its own.
  if (parts.length > 0 || etag.includes("-") || multipartEtag(md5s) === etag) return undefined;
  const isOpaque = record.attributes.hasOpaqueEtag === true || objectKey?.hasMd5Etag === false;
  if (isOpaque) return undefined;
  return md5s[0] === etag ? undefined : `its MD5 is ${md5s[0]}, and its ETag ${etag}`;
}

async function partsOf(
  { contents }: ContentStores,
  { content, sizeBytes }: StoredObject,
): Promise<readonly ContentPart[]> {
  if (content.kind !== "stitched") return [];
  const parts: ContentPart[] = [];
  let leftBytes = sizeBytes;
  for (let isTruncated = true; isTruncated && leftBytes > 0;) {
    const page = await contents.listParts(
      content.contentId,
      parts.at(-1)?.partNumber ?? 0,
      PAGE_PARTS,
    );
    for (const part of page.parts) {
      // What was appended since is not this object's.
      if (leftBytes <= 0) break;
      parts.push(part);
      leftBytes -= part.sizeBytes;
    }
    ({ isTruncated } = page);
  }
  return parts;
}

/** Takes bytes off a body, so many at a time. */
class Pieces {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #rest = new Uint8Array();

  constructor(body: ReadableStream<Uint8Array> | Uint8Array) {
    this.#pieces = body instanceof Uint8Array ? piecesOf(body) : piecesOfBody(body, PIECE_BYTES);
  }

  /** @returns false when there are not so many left */
  async digest(count: number, digesters: readonly Digester[]): Promise<boolean> {
    let leftBytes = count;
    while (leftBytes > 0) {
      if (!(await this.#fill())) return false;
      const taken = this.#rest.subarray(0, leftBytes);
      for (const each of digesters) await each.update(taken);
      leftBytes -= taken.byteLength;
      this.#rest = this.#rest.subarray(taken.byteLength);
    }
    return true;
  }

  async isAtEnd(): Promise<boolean> {
    return !(await this.#fill());
  }

  async #fill(): Promise<boolean> {
    while (this.#rest.byteLength === 0) {
      const { value, done } = await this.#pieces.next();
      if (done === true) return false;
      this.#rest = new Uint8Array(value.buffer as ArrayBuffer, value.byteOffset, value.byteLength);
    }
    return true;
  }
}

async function* piecesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  yield bytes;
}

async function base64Of(digester: Digester): Promise<string> {
  return Buffer.from(await digester.digest()).toString("base64");
}
