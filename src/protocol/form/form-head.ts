import { invalidArgument, S3Error } from "../errors.ts";
import { type FormPart, partNamed } from "./form-part.ts";

/** Of everything before the file's first byte. */
export const MAX_HEAD_BYTES = 20 * 1024;
const MAX_BOUNDARY_LENGTH = 70;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

type Expected = "boundary" | "end of boundary" | "header" | "value" | "file";

export interface FormField {
  readonly name: string;
  readonly value: string;
}

/** What a form says before its file begins. */
export interface FormHead {
  readonly fields: readonly FormField[];
  /** Undefined: its part has none. */
  readonly fileName: string | undefined;
  /** Where the file begins in the form. */
  readonly sizeBytes: number;
  /** What has come of the file by now, and perhaps of what follows it. */
  readonly rest: Uint8Array;
  /** What ends the file: a line end, and the boundary. */
  readonly delimiter: Buffer;
}

/**
 * The boundary that the Content-Type of a form names.
 *
 * @throws S3Error MalformedPOSTRequest when there is none, or it is too long
 * Source: https://www.rfc-editor.org/rfc/rfc2046#section-5.1.1
 */
export function boundaryOf(contentType: string): string {
  for (const parameter of contentType.split(";").slice(1)) {
    const equals = parameter.indexOf("=");
    if (parameter.slice(0, equals).trim().toLowerCase() !== "boundary") continue;
    const value = parameter.slice(equals + 1).trim();
    const isQuoted = value.length > 1 && value.startsWith('"') && value.endsWith('"');
    const boundary = isQuoted ? value.slice(1, -1) : value;
    if (boundary !== "" && boundary.length <= MAX_BOUNDARY_LENGTH) return boundary;
  }
  throw malformedForm();
}

export function malformedForm(): S3Error {
  return new S3Error("MalformedPOSTRequest");
}

/**
 * Reads a form up to the first byte of its file, in whatever pieces it comes; each byte is looked at a fixed number of times.
 * Lines end in CR LF, or in LF alone if the first boundary's does.
 *
 * Errors: MalformedPOSTRequest, MaxPostPreDataLengthExceeded, InvalidArgument (there is no file).
 * Source: https://www.rfc-editor.org/rfc/rfc7578
 */
export class FormHeadReader {
  readonly #mark: Buffer;
  #delimiter: Buffer = Buffer.alloc(0);
  #held = Buffer.alloc(0);
  #length = 0;
  /** All before it has been understood. */
  #at = 0;
  /** Nothing that is looked for begins between the two. */
  #seen = 0;
  #part: FormPart | undefined;
  readonly #fields: FormField[] = [];
  #next: Expected = "boundary";

  constructor(boundary: string) {
    this.#mark = Buffer.from(`--${boundary}`);
  }

  /** @returns undefined: more has to come. @throws S3Error */
  push(chunk: Uint8Array): FormHead | undefined {
    this.#hold(chunk);
    while (this.#understand());
    const isDone = this.#next === "file";
    if ((isDone ? this.#at : this.#length) > MAX_HEAD_BYTES) throw headTooLong();
    if (!isDone) return undefined;
    return {
      fields: this.#fields,
      fileName: this.#part?.fileName,
      sizeBytes: this.#at,
      rest: this.#held.subarray(this.#at, this.#length),
      delimiter: this.#delimiter,
    };
  }

  /** No more comes, and the file has not begun. */
  end(): never {
    const line = this.#text(this.#at, this.#length);
    if (this.#next === "end of boundary" && line.startsWith("--")) throw this.#noFile();
    throw malformedForm();
  }

  /** @returns false: more has to come, or the file has begun */
  #understand(): boolean {
    switch (this.#next) {
      case "boundary":
        return this.#boundary();
      case "end of boundary":
        return this.#endOfBoundary();
      case "header":
        return this.#header();
      case "value":
        return this.#value();
      case "file":
    }
    return false;
  }

  #noFile(): S3Error {
    if (this.#at > MAX_HEAD_BYTES) return headTooLong();
    return invalidArgument("POST requires exactly one file upload per request.", "file", "0");
  }

  #hold(chunk: Uint8Array): void {
    const length = this.#length + chunk.byteLength;
    if (length > this.#held.byteLength) {
      const longer = Buffer.alloc(Math.max(length, 2 * this.#held.byteLength));
      this.#held.copy(longer, 0, 0, this.#length);
      this.#held = longer;
    }
    this.#held.set(chunk, this.#length);
    this.#length = length;
  }

  /** What comes before the first boundary means nothing. */
  #boundary(): boolean {
    const at = this.#find(this.#mark);
    if (at < 0) return false;
    if (at > 0 && this.#held[at - 1] !== LINE_FEED) {
      this.#seen = at + 1;
      return true;
    }
    this.#expect("end of boundary", at + this.#mark.byteLength);
    return true;
  }

  /** What is left of the line of a boundary: two hyphens end the form, anything else means nothing. */
  #endOfBoundary(): boolean {
    const lineEnd = this.#lineEnd();
    if (lineEnd < 0) return false;
    if (this.#text(this.#at, lineEnd).startsWith("--")) throw this.#noFile();
    if (this.#delimiter.byteLength === 0) {
      const isLong = this.#held[lineEnd - 1] === CARRIAGE_RETURN;
      this.#delimiter = Buffer.concat([Buffer.from(isLong ? "\r\n" : "\n"), this.#mark]);
    }
    this.#part = undefined;
    this.#expect("header", lineEnd + 1);
    return true;
  }

  /** A header of a part, or the empty line behind the last. */
  #header(): boolean {
    const lineEnd = this.#lineEnd();
    if (lineEnd < 0) return false;
    const hasReturn = lineEnd > this.#at && this.#held[lineEnd - 1] === CARRIAGE_RETURN;
    const line = this.#text(this.#at, hasReturn ? lineEnd - 1 : lineEnd);
    this.#expect("header", lineEnd + 1);
    if (line !== "") {
      this.#part ??= partNamed(line);
      return true;
    }
    if (this.#part === undefined) throw malformedForm();
    this.#next = this.#part.name.toLowerCase() === "file" ? "file" : "value";
    return true;
  }

  #value(): boolean {
    const at = this.#find(this.#delimiter);
    if (at < 0) return false;
    this.#fields.push({ name: this.#part?.name ?? "", value: this.#text(this.#at, at) });
    this.#expect("end of boundary", at + this.#delimiter.byteLength);
    return true;
  }

  #expect(next: Expected, at: number): void {
    this.#next = next;
    this.#at = at;
    this.#seen = at;
  }

  #lineEnd(): number {
    const at = this.#held.subarray(0, this.#length).indexOf(LINE_FEED, this.#seen);
    if (at < 0) this.#seen = this.#length;
    return at;
  }

  #find(sought: Buffer): number {
    const at = this.#held.subarray(0, this.#length).indexOf(sought, this.#seen);
    if (at < 0) this.#seen = Math.max(this.#at, this.#length - sought.byteLength + 1);
    return at;
  }

  /** @throws S3Error MalformedPOSTRequest for what is no UTF-8 */
  #text(start: number, end: number): string {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
        this.#held.subarray(start, end),
      );
    } catch {
      throw malformedForm();
    }
  }
}

/** As seen from AWS in https://github.com/waynehoover/s3_direct_upload/issues/45 */
export function headTooLong(): S3Error {
  return new S3Error("MaxPostPreDataLengthExceeded", {
    fields: { MaxPostPreDataLengthBytes: String(MAX_HEAD_BYTES) },
  });
}
