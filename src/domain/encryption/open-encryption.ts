import { unwrapKey } from "../../lib/wrapped-key.ts";
import type { Caller } from "../../protocol/caller.ts";
import {
  type CustomerKey,
  missingCustomerKey,
  needlessCustomerKey,
  wrongCustomerKey,
} from "../../protocol/encryption/customer-key.ts";
import {
  readEncryption,
  type StoredEncryption,
} from "../../protocol/encryption/stored-encryption.ts";
import type { BucketRecord } from "../../storage/ports/bucket-directory.ts";
import { ownerOf } from "../bucket-owner.ts";
import type { Ports } from "../ports.ts";
import { requireKeyAccount } from "./key-account.ts";
import { customerWrappingKey, purposeOf } from "./new-encryption.ts";
import type { ObjectKey } from "./object-key.ts";

type KeyPorts = Pick<Ports, "keys" | "settings"> & {
  readonly caller: Caller;
  /** That of the object. */
  readonly bucket: BucketRecord;
};

/**
 * Checks the customer's key that a request brings for an object, or that it brings none; nothing else that its bytes are
 * encrypted with is looked at.
 *
 * @throws S3Error InvalidRequest (none, for what needs one, or the other way round), AccessDenied (another one)
 */
export function requireCustomerKey(
  bucketId: string,
  column: string | undefined,
  customerKey: CustomerKey | undefined,
): void {
  if (column === undefined && customerKey === undefined) return;
  customersKey(bucketId, column, customerKey);
}

/**
 * The key of an object's bytes.
 *
 * @param column what its row says
 * @returns undefined: nothing of it is encrypted here
 * @throws S3Error as {@link requireCustomerKey}, AccessDenied (a KMS key, of another account than the caller's), KMS.NotFoundException, KMS.DisabledException, KMS.KMSInvalidStateException
 */
export async function openEncryption(
  ports: KeyPorts,
  column: string | undefined,
  customerKey: CustomerKey | undefined,
): Promise<ObjectKey | undefined> {
  if (column === undefined && customerKey === undefined) return undefined;
  const { bucket, keys, settings } = ports;
  const customers = customersKey(bucket.id, column, customerKey);
  if (customers !== undefined) return customers;
  requireReadableBytes(ports, column);
  const { k, w, id = "", v = 0, ctx, b = bucket.id } = readEncryption(column ?? "");
  if (w === undefined) return undefined;
  const { id: accountId } = ownerOf(bucket, settings.account);
  const purpose = Buffer.from(purposeOf(b, ctx));
  const bytes = await keys.unwrap(accountId, id, v, Buffer.from(w, "base64"), purpose);
  return { bytes, isDouble: k === "DSSE", hasMd5Etag: k === "S3" };
}

/**
 * Refuses to tell whoever may not have an object's bytes what only they follow from, such as a checksum.
 *
 * @throws S3Error AccessDenied (under a KMS key of another account than the caller's)
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html (x-amz-checksum-mode)
 */
export function requireReadableBytes(
  { bucket, caller, settings }: Omit<KeyPorts, "keys">,
  column: string | undefined,
): void {
  const stored = column === undefined ? undefined : readEncryption(column);
  if (stored !== undefined && isUnderKms(stored))
    requireKeyAccount(caller, ownerOf(bucket, settings.account).id);
}

function isUnderKms({ k }: StoredEncryption): boolean {
  return k === "KMS" || k === "DSSE";
}

/** The object's key, if it is wrapped with a customer's. */
function customersKey(
  bucketId: string,
  column: string | undefined,
  customerKey: CustomerKey | undefined,
): ObjectKey | undefined {
  const stored = column === undefined ? undefined : readEncryption(column);
  if (stored?.k !== "C") {
    if (customerKey !== undefined) throw needlessCustomerKey();
    return undefined;
  }
  if (customerKey === undefined) throw missingCustomerKey();
  const bytes =
    customerKey.md5 === undefined ? undefined : unwrapped(bucketId, stored, customerKey);
  if (bytes === undefined) throw wrongCustomerKey();
  return { bytes, isDouble: false, hasMd5Etag: false };
}

/** Undefined: it was wrapped with another key. */
function unwrapped(
  bucketId: string,
  { s = "", w = "", b = bucketId }: StoredEncryption,
  customerKey: CustomerKey,
): Uint8Array | undefined {
  const wrapping = customerWrappingKey(customerKey.bytes, Buffer.from(s, "base64"));
  try {
    return unwrapKey(wrapping, Buffer.from(w, "base64"), Buffer.from(purposeOf(b)));
  } catch {
    return undefined;
  }
}
