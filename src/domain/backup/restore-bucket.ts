import { isSealedWith } from "../../lib/sealed-text.ts";
import { ulid } from "../../lib/ulid.ts";
import { checkNewBucketName } from "../../protocol/bucket-name.ts";
import { S3Error } from "../../protocol/errors.ts";
import { materialName } from "../../protocol/kms/material-name.ts";
import {
  type BackupKeys,
  type ExportedBucket,
  RESTORE_KIND,
} from "../../storage/ports/backup-directory.ts";
import type { BucketRecord } from "../../storage/ports/bucket-directory.ts";
import { policyDocument, type StoredPolicy } from "../access/bucket-facts.ts";
import { ownerOf } from "../bucket-owner.ts";
import type { Ports } from "../ports.ts";

/** What a restore begins with. */
export interface RestorePlan {
  readonly name: string;
  /** Names the backup, so that the same restore may go on after it was interrupted. */
  readonly token: string;
  readonly exported: ExportedBucket;
  readonly keys: BackupKeys;
  /** New versions are numbered behind it. */
  readonly highestSequence: number;
}

type RestorePorts = Pick<
  Ports,
  "audit" | "backups" | "buckets" | "directory" | "indexOf" | "inspection" | "settings"
>;

/**
 * Makes the bucket that a backup is restored into, closed and unconfigured, or finds it, as the same restore has made it before.
 *
 * @throws S3Error InvalidBucketName, BucketAlreadyExists (any other one of that name), NoSuchEntity (its owner's account),
 *   InvalidRequest (its keys are sealed with another MASTER_KEY, or have other materials here)
 */
export async function beginRestore(ports: RestorePorts, plan: RestorePlan): Promise<BucketRecord> {
  const { directory, indexOf, inspection, backups, settings, buckets } = ports;
  const { name, token, exported, keys, highestSequence } = plan;
  checkNewBucketName(name);
  const { account } = settings;
  const { owner, shardCount, region, createdMs } = exported.bucket;
  const closed = policyDocument(closedPolicy(name));
  const record: BucketRecord = {
    id: ulid(Date.now()),
    name,
    region,
    ownerId: owner === undefined ? account.canonicalId : exported.bucket.ownerId,
    ...(owner !== undefined && { owner }),
    shardCount,
    createdMs,
    gateway: { revision: 0, documents: { [closed.kind]: closed.body } },
    shard: { revision: 0, flags: {} },
  };
  await requireOwnMaterials(ports, keys, ownerOf(record, account).id);
  const mark = { kind: RESTORE_KIND, id: "", part: "directory", body: token } as const;
  const outcome = await directory.create(record, [mark, closed], ports.audit);
  if (outcome === undefined)
    throw new S3Error("NoSuchEntity", {
      message: "The account that owned the bucket is not there",
    });
  const { bucket, isNew } = outcome;
  if (!isNew) await requireRestoring(ports, bucket, token);
  await backups.importKeys(ownerOf(bucket, account).id, keys);
  const index = indexOf(bucket);
  await index.configure();
  for (const shardName of index.shardNames())
    await inspection.repair(shardName, "skipSequences", highestSequence);
  buckets.update(bucket);
  return bucket;
}

/**
 * Denies everything to everybody, until the bucket has its own policy back: whoever is allowed something by a policy of their own would
 * be let in meanwhile, whatever the bucket's denies.
 */
function closedPolicy(bucket: string): StoredPolicy {
  const arn = `arn:aws:s3:::${bucket}`;
  const Statement = {
    ...{ Sid: "BeingRestored", Effect: "Deny", Principal: "*", Action: "s3:*" },
    Resource: [arn, `${arn}/*`],
  };
  return { text: JSON.stringify({ Version: "2012-10-17", Statement }), bindsOwner: false };
}

/** @throws S3Error BucketAlreadyExists: it is not being restored from this backup */
export async function requireRestoring(
  { directory }: Pick<Ports, "directory">,
  bucket: BucketRecord,
  token: string,
): Promise<void> {
  const mark = await directory.readDocument(bucket.id, RESTORE_KIND, "");
  if (mark?.body !== token)
    throw new S3Error("BucketAlreadyExists", { fields: { BucketName: bucket.name } });
}

/** What cannot be opened would be found out by whoever reads, long after. */
async function requireOwnMaterials(
  { settings: { masterKey }, backups }: RestorePorts,
  backup: BackupKeys,
  accountId: string,
): Promise<void> {
  const { current, previous } = masterKey?.subKeys("kms") ?? {};
  const keys = [current, previous].filter((key) => key !== undefined);
  // While a deployment seals them anew, a backup has some under each key.
  for (const { key_id: id, version, sealed } of backup.materials) {
    const name = materialName(accountId, String(id), Number(version));
    const bytes = Buffer.from(String(sealed), "base64");
    if (!keys.some((key) => isSealedWith(key, name, bytes)))
      throw invalid(
        "The keys of the backup are sealed with another MASTER_KEY, or for another ACCOUNT_ID",
      );
  }
  if (backup.materials.length === 0) return;
  const clashing = await backups.clashingKey(accountId, backup);
  if (clashing !== undefined)
    throw invalid(`The KMS key ${clashing} has another material here than in the backup`);
}

function invalid(message: string): S3Error {
  return new S3Error("InvalidRequest", { message });
}
