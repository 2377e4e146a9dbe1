import { createHash, type Hash } from "node:crypto";
import { S3Error } from "../../protocol/errors.ts";
import { ChunkTrailer } from "./chunk-trailer.ts";
import type { Payload } from "./payload.ts";

const LINE_FEED = 0x0a;
const MAX_LINE_BYTES = 1024;
/** Of every chunk but the last. */
const MIN_CHUNK_BYTES = 8 * 1024;

const SIGNED_HEADER = /^([0-9A-Fa-f]{1,16});chunk-signature=([0-9a-f]{64})\r\n$/;
/** Without signatures an extension means nothing, and does no harm. */
const UNSIGNED_HEADER = /^([0-9A-Fa-f]{1,16})[ \t]*(?:;.*)?\r\n$/;

/**
 * Takes off `aws-chunked` framing: `size[;chunk-signature=…]\r\n`, the data, `\r\n`, and so on to a chunk of size 0,
 * which trailers may follow. Pieces of any size come in, as the network cut them.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 */
export class ChunkedDecoder {
  readonly #payload: Extract<Payload, { kind: "chunked" }>;
  readonly #trailer: ChunkTrailer;
  #expects: "header" | "data" | "line end" | "trailer" = "header";
  /** What has come of a line that is not yet whole. */
  #line = "";
  #chunks = 0;
  #chunkBytes = 0;
  #totalBytes = 0;
  /** Of the current chunk's data, still to come. */
  #leftBytes = 0;
  #signatureHex = "";
  #hash: Hash | undefined;

  constructor(payload: Extract<Payload, { kind: "chunked" }>) {
    this.#payload = payload;
    this.#trailer = new ChunkTrailer(payload);
  }

  /**
   * Decodes in place: the data moves to the front of `piece`, so that however finely it is framed, the result is one
   * view. Of a chunk that has begun some data is returned before its signature is verified; it must not be kept if
   * this or `finish` throws later on.
   *
   * @returns a view of `piece`, perhaps empty
   * @throws S3Error IncompleteBody for bad framing and for a length that is not `x-amz-decoded-content-length`;
   *   InvalidChunkSizeError, SignatureDoesNotMatch, MalformedTrailerError
   */
  decode(piece: Uint8Array): Uint8Array {
    let read = 0;
    let written = 0;
    while (read < piece.byteLength) {
      if (this.#expects !== "data") {
        read = this.#readLine(piece, read);
        continue;
      }
      const end = Math.min(read + this.#leftBytes, piece.byteLength);
      this.#hash?.update(piece.subarray(read, end));
      if (written !== read) piece.copyWithin(written, read, end);
      written += end - read;
      this.#leftBytes -= end - read;
      read = end;
      if (this.#leftBytes === 0) {
        this.#verifyChunk();
        this.#expects = "line end";
      }
    }
    return piece.subarray(0, written);
  }

  /**
   * Call it at the end of the body.
   *
   * @returns the trailers, by lower-case name
   * @throws S3Error IncompleteBody when the end came too early, MalformedTrailerError
   */
  finish(): ReadonlyMap<string, string> {
    if (this.#expects !== "trailer" || this.#line !== "") throw new S3Error("IncompleteBody");
    return this.#trailer.finish();
  }

  /** @returns where the line, or what there is of it, ends */
  #readLine(piece: Uint8Array, start: number): number {
    const lineFeed = piece.indexOf(LINE_FEED, start);
    const end = lineFeed < 0 ? piece.byteLength : lineFeed + 1;
    if (this.#line.length + end - start > MAX_LINE_BYTES) throw new S3Error("IncompleteBody");
    const bytes = Buffer.from(piece.buffer, piece.byteOffset + start, end - start);
    const line = this.#line + bytes.toString("latin1");
    if (lineFeed < 0) this.#line = line;
    else {
      this.#line = "";
      this.#takeLine(line);
    }
    return end;
  }

  #takeLine(line: string): void {
    if (this.#expects === "trailer") this.#trailer.takeLine(line);
    else if (this.#expects === "header") this.#beginChunk(line);
    else if (line === "\r\n") this.#expects = "header";
    else throw new S3Error("IncompleteBody");
  }

  #beginChunk(line: string): void {
    const { signer, decodedLengthBytes } = this.#payload;
    const header = (signer === undefined ? UNSIGNED_HEADER : SIGNED_HEADER).exec(line);
    if (header === null) throw new S3Error("IncompleteBody");
    const sizeBytes = Number.parseInt(header[1] ?? "", 16);
    if (sizeBytes > 0 && this.#chunks > 0 && this.#chunkBytes < MIN_CHUNK_BYTES)
      throw invalidChunkSize(this.#chunks, this.#chunkBytes);
    this.#chunks += 1;
    this.#chunkBytes = sizeBytes;
    this.#leftBytes = sizeBytes;
    this.#totalBytes += sizeBytes;
    if (this.#totalBytes > decodedLengthBytes) throw new S3Error("IncompleteBody");

    this.#signatureHex = header[2] ?? "";
    this.#hash = signer === undefined ? undefined : createHash("sha256");
    if (sizeBytes > 0) this.#expects = "data";
    else {
      if (this.#totalBytes !== decodedLengthBytes) throw new S3Error("IncompleteBody");
      this.#verifyChunk();
      this.#expects = "trailer";
    }
  }

  #verifyChunk(): void {
    const { signer } = this.#payload;
    if (signer === undefined || this.#hash === undefined) return;
    if (!signer.verifyChunk(this.#signatureHex, this.#hash.digest("hex")))
      throw new S3Error("SignatureDoesNotMatch");
  }
}

function invalidChunkSize(chunk: number, sizeBytes: number): S3Error {
  return new S3Error("InvalidChunkSizeError", {
    message: `Only the last chunk is allowed to have a size less than ${MIN_CHUNK_BYTES} bytes`,
    fields: { Chunk: String(chunk), BadChunkSize: String(sizeBytes) },
  });
}
