import { UserError } from "../../user-error.ts";
import type { Sent } from "../signed-requests.ts";

/**
 * Where backups are kept: a folder, or an S3 bucket. Names are relative, of letters, digits, `.`, `-`, `_`, and single slashes; a
 * store refuses any other, since they may come from a file that somebody has changed.
 */
export interface BackupStore {
  /** For people. */
  readonly name: string;
  /** Whole or not at all, in the place of what has the name. */
  write(name: string, content: Sent): Promise<void>;
  /** Undefined: there is nothing of that name. */
  open(name: string): Promise<StoredFile | undefined>;
  remove(name: string): Promise<void>;
}

export interface StoredFile {
  readonly sizeBytes: number;
  readonly chunks: AsyncIterable<Uint8Array>;
}

const NAME = /^[\w-][\w.-]{0,254}(?:\/[\w-][\w.-]{0,254}){0,8}$/;

/** @throws UserError for what is no name */
export function checkedName(name: string): string {
  if (!NAME.test(name))
    throw new UserError(`${JSON.stringify(name)} is no name of a backup's file`);
  return name;
}

/** @throws UserError when it is longer than a manifest or a file of rows can be */
export async function readWhole({ sizeBytes, chunks }: StoredFile): Promise<Buffer> {
  if (sizeBytes > MAX_FILE_BYTES)
    throw new UserError(`a file of ${sizeBytes} bytes is none of rows`);
  const pieces: Buffer[] = [];
  let readBytes = 0;
  for await (const chunk of chunks) {
    readBytes += chunk.byteLength;
    if (readBytes > MAX_FILE_BYTES) throw new UserError("a file of rows does not end");
    pieces.push(Buffer.from(chunk));
  }
  return Buffer.concat(pieces);
}

/** A file of rows ends at the first page behind 8 MiB, which may have 50,000 segments. */
const MAX_FILE_BYTES = 128 * 1024 * 1024;

export function bytesToSend(bytes: Uint8Array): Sent {
  return { sizeBytes: bytes.byteLength, chunks: only(bytes) };
}

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  yield bytes;
}
