import { hash } from "node:crypto";
import { S3Error } from "../../protocol/errors.ts";
import type { Payload } from "./payload.ts";

const MAX_TRAILER_BYTES = 8 * 1024;
const SIGNATURE_NAME = "x-amz-trailer-signature";

/**
 * What follows the last chunk, line by line. Clients disagree on it: `\r\n` or `\n`, a blank line before the first
 * trailer, between trailers and their signature (minio-go), at the end, or none at all; so blank lines count only once
 * all that was announced has come. Where nothing is signed, the last one has to be there, or nobody could tell that it is
 * the end: AWS answers IncompleteBody then (seen in https://github.com/versity/versitygw/issues/1666).
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
export class ChunkTrailer {
  readonly #payload: Extract<Payload, { kind: "chunked" }>;
  /** What was announced and has not come yet. */
  readonly #missing: Set<string>;
  readonly #values = new Map<string, string>();
  #sizeBytes = 0;
  /** `name:value\n` of each, which is what their signature covers. */
  #canonical = "";
  #isSigned = false;
  #hasBlankLine = false;
  /** A blank line after all that was announced. */
  #hasEnd = false;

  constructor(payload: Extract<Payload, { kind: "chunked" }>) {
    this.#payload = payload;
    this.#missing = new Set(payload.trailerNames);
  }

  /**
   * @param line with its line end
   * @throws S3Error MalformedTrailerError, SignatureDoesNotMatch; IncompleteBody for what follows the end
   */
  takeLine(line: string): void {
    this.#sizeBytes += line.length;
    if (this.#sizeBytes > MAX_TRAILER_BYTES) throw new S3Error("MalformedTrailerError");
    const text = line.trim();
    if (text === "") {
      this.#hasBlankLine = true;
      this.#hasEnd = this.#isComplete();
      return;
    }
    if (this.#hasBlankLine && this.#isComplete()) throw new S3Error("IncompleteBody");
    const colon = text.indexOf(":");
    const name = text.slice(0, Math.max(colon, 0)).trimEnd().toLowerCase();
    const value = text.slice(colon + 1).trimStart();
    if (name === SIGNATURE_NAME) this.#verify(value);
    else this.#add(name, value);
  }

  /** @throws S3Error MalformedTrailerError when one that was announced is missing, IncompleteBody when it was cut off */
  finish(): ReadonlyMap<string, string> {
    if (!this.#isComplete())
      throw new S3Error(this.#hasBlankLine ? "MalformedTrailerError" : "IncompleteBody");
    if (this.#payload.signer === undefined && !this.#hasEnd) throw new S3Error("IncompleteBody");
    return this.#values;
  }

  #isComplete(): boolean {
    const { trailerNames, signer } = this.#payload;
    const isSignatureMissing = signer !== undefined && trailerNames.length > 0 && !this.#isSigned;
    return !isSignatureMissing && this.#missing.size === 0;
  }

  #add(name: string, value: string): void {
    if (!this.#missing.delete(name) || this.#isSigned) throw new S3Error("MalformedTrailerError");
    this.#values.set(name, value);
    this.#canonical += `${name}:${value}\n`;
  }

  #verify(signatureHex: string): void {
    const { signer } = this.#payload;
    if (signer === undefined || this.#isSigned) throw new S3Error("MalformedTrailerError");
    const sha256Hex = hash("sha256", this.#canonical, "hex");
    if (!signer.verifyTrailer(signatureHex, sha256Hex)) throw new S3Error("SignatureDoesNotMatch");
    this.#isSigned = true;
  }
}
