import { readEncryption } from "../../protocol/encryption/stored-encryption.ts";
import type { StoredObject } from "../../protocol/object-record.ts";
import type { ReplicationTarget } from "../../protocol/replication/replication-targets.ts";
import type { ReplicatedVersion } from "../../storage/ports/replication.ts";
import { ORIGIN } from "./outside-origin.ts";

const METHODS = { DSSE: "aws:kms:dsse", KMS: "aws:kms", S3: "AES256" } as const;

/** What an upload to another server says of the object beside its bytes. */
export function outsideHeaders(
  { destination }: ReplicatedVersion,
  { acl }: ReplicationTarget,
  { headers, attributes: { tags }, storageClass, encryption }: StoredObject,
): Record<string, string> {
  const { [ORIGIN]: _, ...stored } = headers;
  const tagging = new URLSearchParams(tags.map(({ key, value }) => [key, value])).toString();
  const stores = destination.StorageClass ?? storageClass;
  const method = encryption === undefined ? undefined : readEncryption(encryption).k;
  const keyId = destination.EncryptionConfiguration?.ReplicaKmsKeyID;
  return {
    ...stored,
    ...(acl !== undefined && { "x-amz-acl": acl }),
    ...(tags.length > 0 && { "x-amz-tagging": tagging }),
    ...(stores !== "STANDARD" && { "x-amz-storage-class": stores }),
    ...(method !== undefined &&
      method !== "C" && { "x-amz-server-side-encryption": METHODS[method] }),
    ...((method === "KMS" || method === "DSSE") &&
      keyId !== undefined && { "x-amz-server-side-encryption-aws-kms-key-id": keyId }),
  };
}
