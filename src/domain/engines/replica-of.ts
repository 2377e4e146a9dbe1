import { aclOfAccess, storedAccess } from "../../protocol/acl/stored-acl.ts";
import { countsAcls } from "../../protocol/acl/ownership.ts";
import { readEncryption } from "../../protocol/encryption/stored-encryption.ts";
import { S3Error } from "../../protocol/errors.ts";
import type { ObjectAttributes, ObjectRecord } from "../../protocol/object-record.ts";
import type { BucketRecord } from "../../storage/ports/bucket-directory.ts";
import type { ReplicatedVersion } from "../../storage/ports/replication.ts";
import { bucketFactsOf } from "../access/bucket-facts.ts";
import { checkNewAcl } from "../access/public-access.ts";
import type { ChosenEncryption } from "../encryption/new-encryption.ts";
import type { ObjectKey } from "../encryption/object-key.ts";
import { openEncryption } from "../encryption/open-encryption.ts";
import { uploadEncryption } from "../encryption/upload-encryption.ts";
import type { InternalContext } from "./act-in-bucket.ts";
import type { Source } from "./replicate-versions.ts";

/** Tags go along, and locks where the destination has them. */
export function attributesOfReplica(
  { shard }: BucketRecord,
  { tags, retention, hasLegalHold, eventHold }: ObjectAttributes,
): ObjectAttributes {
  if (shard.flags.hasLock !== true) return { tags, retention: undefined, hasLegalHold: undefined };
  return { tags, retention, hasLegalHold, ...(eventHold !== undefined && { eventHold }) };
}

/**
 * Whose a replica is, and who may read it: as the source; or the destination's owner's alone, where its rule says so, or ACLs do not count.
 *
 * @throws S3Error AccessDenied: it is public, and the destination blocks that; or the source is another's, who does not let the owner of
 *   its bucket read it
 */
export function accessOfReplica(
  { bucket, settings }: InternalContext,
  { owner }: Source,
  { destination }: ReplicatedVersion,
  { access }: ObjectRecord,
): string | undefined {
  const acl = aclOfAccess(access, owner);
  if (acl.owner.canonicalId !== owner.canonicalId) {
    const isReadable = acl.grants.some(
      ({ grantee, permission }) =>
        grantee.kind === "account" &&
        grantee.canonicalId === owner.canonicalId &&
        permission === "FULL_CONTROL",
    );
    if (!isReadable) throw new S3Error("AccessDenied");
  }
  const facts = bucketFactsOf(bucket, settings);
  const isBucketOwners =
    destination.AccessControlTranslation !== undefined || !countsAcls(facts.ownership);
  if (isBucketOwners) return undefined;
  checkNewAcl(acl, facts.block);
  return storedAccess(acl, facts.owner);
}

const METHODS = { DSSE: "aws:kms:dsse", KMS: "aws:kms", S3: "AES256" } as const;

/** What an upload would say to be encrypted as a replica is: with the rule's key, where the source has one of KMS. */
export function encryptionHeadersOf({
  object,
  destination,
}: ReplicatedVersion): Record<string, string> {
  if (object?.encryption === undefined) return {};
  const { k, ctx, bk } = readEncryption(object.encryption);
  if (k === "C") return {};
  const prefix = "x-amz-server-side-encryption";
  if (k === "S3") return { [prefix]: METHODS[k] };
  const keyId = destination.EncryptionConfiguration?.ReplicaKmsKeyID ?? "";
  return {
    [prefix]: METHODS[k],
    [`${prefix}-aws-kms-key-id`]: keyId,
    ...(ctx !== undefined && { [`${prefix}-context`]: Buffer.from(ctx).toString("base64") }),
    ...(bk === 1 && { [`${prefix}-bucket-key-enabled`]: "true" }),
  };
}

/**
 * How a replica is encrypted: as its source, with another key; as the destination's default says, if that is not; and with a customer's
 * key as it is, which nobody can wrap anew.
 */
export async function encryptionOfReplica(
  context: InternalContext,
  { bucket }: Source,
  { encryption: column }: ObjectRecord,
): Promise<ChosenEncryption | undefined> {
  const stored = column === undefined ? undefined : readEncryption(column);
  if (stored?.k !== "C") return uploadEncryption(context);
  const bound = JSON.stringify({ ...stored, b: stored.b ?? bucket.id });
  const same = { column: bound, key: undefined, headers: {} };
  return { isDouble: false, hasKey: false, encryption: async () => same };
}

/** The key of the source's bytes; undefined: they have none, or it goes along unopened. */
export async function openSource(
  { caller, keys, settings }: Pick<InternalContext, "caller" | "keys" | "settings">,
  { bucket }: Source,
  { encryption: column }: ObjectRecord,
): Promise<ObjectKey | undefined> {
  if (column === undefined || readEncryption(column).k === "C") return undefined;
  return openEncryption({ caller, keys, settings, bucket }, column, undefined);
}
