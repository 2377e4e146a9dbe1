import type { Caller } from "../../protocol/caller.ts";
import {
  type CustomerKey,
  unlikeKeyOfUpload,
  unlikeUpload,
} from "../../protocol/encryption/customer-key.ts";
import { isWithCustomerKey } from "../../protocol/encryption/stored-encryption.ts";
import type { UploadRecord } from "../../storage/ports/upload-index.ts";
import type { BucketPorts } from "../ports.ts";
import type { ObjectKey } from "./object-key.ts";
import { openEncryption, requireCustomerKey } from "./open-encryption.ts";

/**
 * The key that a multipart upload was begun with.
 *
 * @returns undefined: nothing of it is encrypted here
 * @throws S3Error InvalidRequest (no customer's key, or another one, or one for an upload without), and as {@link openEncryption}
 */
export async function openUpload(
  ports: Pick<BucketPorts, "bucket" | "keys" | "settings"> & { readonly caller: Caller },
  { encryption }: Pick<UploadRecord, "encryption">,
  customerKey: CustomerKey | undefined,
): Promise<ObjectKey | undefined> {
  if (encryption === undefined && customerKey === undefined) return undefined;
  requireUploadsKey(ports.bucket.id, encryption, customerKey);
  return openEncryption(ports, encryption, customerKey);
}

/** @throws S3Error InvalidRequest, as {@link openUpload} */
export function requireUploadsKey(
  bucketId: string,
  encryption: string | undefined,
  customerKey: CustomerKey | undefined,
): void {
  if (isWithCustomerKey(encryption) !== (customerKey !== undefined)) throw unlikeUpload();
  if (customerKey === undefined) return;
  try {
    requireCustomerKey(bucketId, encryption, customerKey);
  } catch {
    throw unlikeKeyOfUpload();
  }
}
