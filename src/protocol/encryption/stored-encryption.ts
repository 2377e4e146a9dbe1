import { type CustomerKey, customerKeyHeaders } from "./customer-key.ts";
import { storedBytes } from "../../lib/frames.ts";

/** How an object is encrypted, as its row keeps it: JSON, with short names, since it stands in every such row. */
export interface StoredEncryption {
  /** The method: with a customer's key, twice or once with a key of the registry, or with the account's own for S3. */
  readonly k: "C" | "DSSE" | "KMS" | "S3";
  /** The object's key, wrapped, in base64. Absent: the store encrypts its bytes by itself. */
  readonly w?: string;
  /** What the customer's key is derived with, in base64. */
  readonly s?: string;
  /**
   * Id of the bucket that it was wrapped for; absent: the one that it is in. Of a replica under a customer's key, without which nobody
   * could wrap it anew, and of what was restored.
   */
  readonly b?: string;
  /** Id of the registry's key, its version, and what answers call it. */
  readonly id?: string;
  readonly v?: number;
  readonly name?: string;
  /** The context, as JSON. */
  readonly ctx?: string;
  /** The bucket key was asked for, which makes no difference here. */
  readonly bk?: 1;
}

export function readEncryption(column: string): StoredEncryption {
  return JSON.parse(column) as StoredEncryption;
}

export function isWithCustomerKey(column: string | undefined): boolean {
  return column !== undefined && readEncryption(column).k === "C";
}

/** How many bytes are kept of an inline body. */
export function keptInlineBytes(sizeBytes: number, column: string | undefined): number {
  if (column === undefined) return sizeBytes;
  const { k, w } = readEncryption(column);
  return w === undefined ? sizeBytes : storedBytes(sizeBytes, k === "DSSE" ? 2 : 1);
}

const ALGORITHMS = { DSSE: "aws:kms:dsse", KMS: "aws:kms", S3: "AES256" };

const NO_HEADERS: Readonly<Record<string, string>> = {};

/** What answers tell of it; of a customer's key they tell what the request brought. */
export function encryptionHeaders(column: string | undefined): Readonly<Record<string, string>> {
  if (column === undefined) return NO_HEADERS;
  const { k, name, bk } = readEncryption(column);
  if (k === "C") return NO_HEADERS;
  return {
    "x-amz-server-side-encryption": ALGORITHMS[k],
    ...(name !== undefined && { "x-amz-server-side-encryption-aws-kms-key-id": name }),
    ...(bk === 1 && { "x-amz-server-side-encryption-bucket-key-enabled": "true" }),
  };
}

/** What the answer to a part's upload tells. */
export function partEncryptionHeaders(
  column: string | undefined,
  customerKey: CustomerKey | undefined,
): Readonly<Record<string, string>> {
  return customerKey === undefined ? encryptionHeaders(column) : customerKeyHeaders(customerKey);
}

/** What the answer to the request tells, that brought the context. */
export function newEncryptionHeaders(column: string): Readonly<Record<string, string>> {
  const { ctx } = readEncryption(column);
  if (ctx === undefined) return encryptionHeaders(column);
  const context = Buffer.from(ctx).toString("base64");
  return { ...encryptionHeaders(column), "x-amz-server-side-encryption-context": context };
}
