import { invalidArgument, S3Error } from "./errors.ts";

/** What an operation refuses of the headers that it gets: to ignore them would lose data or protection. */
export interface RefusedHeaders {
  /** Beginnings of the names that ask for what is not built. A value of `false` asks for nothing. */
  readonly unbuilt: readonly string[];
  readonly limited: readonly LimitedHeader[];
}

/** A header of which only some values can be had. */
interface LimitedHeader {
  readonly name: string;
  /** Values that say what Ledge does anyway. */
  readonly done: readonly string[];
  readonly unbuilt: readonly string[];
  /** The error for a value that S3 does not know, or cannot use. */
  readonly unknown: (value: string) => S3Error;
}

const ENCRYPTION: LimitedHeader = {
  name: "x-amz-server-side-encryption",
  done: ["AES256"],
  unbuilt: ["aws:backup", "aws:fsx", "aws:kms", "aws:kms:dsse"],
  unknown: (value) =>
    invalidArgument(
      "The encryption method specified is not supported",
      "x-amz-server-side-encryption",
      value,
    ),
};

/**
 * Of whatever stores something that no header of its own can have encrypted: it would be stored without the protection that was
 * asked for.
 */
export const REFUSED_OF_WRITES: RefusedHeaders = {
  unbuilt: [
    "x-amz-server-side-encryption-customer-",
    "x-amz-server-side-encryption-aws-kms-",
    "x-amz-server-side-encryption-context",
    "x-amz-server-side-encryption-bucket-key-enabled",
    "x-amz-copy-source-server-side-encryption-customer-",
  ],
  limited: [ENCRYPTION],
};

/** Of a new bucket: it would be another kind of bucket. */
export const REFUSED_OF_NEW_BUCKETS: RefusedHeaders = {
  unbuilt: REFUSED_OF_WRITES.unbuilt,
  limited: [
    ...REFUSED_OF_WRITES.limited,
    ofNewBucket("x-amz-bucket-namespace", "global", ["account-regional"]),
  ],
};

function ofNewBucket(name: string, done: string, unbuilt: readonly string[]): LimitedHeader {
  const unknown = (value: string): S3Error => {
    // AWS does not tell the value once more.
    const message = `Invalid ${name} header: ${value}`;
    return new S3Error("InvalidArgument", { message, fields: { ArgumentName: name } });
  };
  return { name, done: [done], unbuilt, unknown };
}

/**
 * Refuses a request by the first of its headers that cannot be obeyed.
 *
 * @throws S3Error NotImplemented naming the header; InvalidArgument for a value that S3 does not know
 */
export function refuseHeaders(headers: Headers, { unbuilt, limited }: RefusedHeaders): void {
  if (unbuilt.length > 0) refuseUnbuilt(headers, unbuilt);
  for (const header of limited) {
    const value = headers.get(header.name);
    if (value === null || header.done.includes(value)) continue;
    throw header.unbuilt.includes(value) ? notImplemented(header.name) : header.unknown(value);
  }
}

function refuseUnbuilt(headers: Headers, prefixes: readonly string[]): void {
  for (const [name, value] of headers) {
    if (!name.startsWith("x-amz-") || value === "false") continue;
    if (prefixes.some((prefix) => name.startsWith(prefix))) throw notImplemented(name);
  }
}

function notImplemented(header: string): S3Error {
  return new S3Error("NotImplemented", { fields: { Header: header } });
}
