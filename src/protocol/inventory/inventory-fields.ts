import { aclOfAccess } from "../acl/stored-acl.ts";
import { uriOfGroup } from "../acl/acl.ts";
import { readEncryption } from "../encryption/stored-encryption.ts";
import type { ObjectAttributes, StoredChecksum } from "../object-record.ts";
import type { Account } from "../owner.ts";

/** What a report tells of a version, or of a delete marker. */
export interface InventoryEntry {
  readonly key: string;
  readonly versionId: string;
  readonly isLatest: boolean;
  readonly isMarker: boolean;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  readonly etag: string;
  readonly storageClass: string;
  readonly checksum: StoredChecksum | undefined;
  readonly isMultipart: boolean;
  readonly access: string | undefined;
  readonly encryption: string | undefined;
  readonly attributes: ObjectAttributes;
}

interface Field {
  /** Of the report's schema, where it is called otherwise. */
  readonly schema?: string;
  /** Of an object: a delete marker has none. Empty: it does not apply. */
  readonly value: (entry: InventoryEntry, bucketOwner: Account) => string;
  /** A delete marker has it, too. */
  readonly ofMarkers?: true;
}

const ENCRYPTIONS = { C: "SSE-C", DSSE: "DSSE-KMS", KMS: "SSE-KMS", S3: "SSE-S3" } as const;
const date = (ms: number): string => new Date(ms).toISOString();

/**
 * Every optional field, in the order in which reports have them.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory.html#storage-inventory-contents
 */
const FIELDS = {
  Size: { value: ({ sizeBytes }) => String(sizeBytes) },
  LastModifiedDate: { value: ({ modifiedMs }) => date(modifiedMs), ofMarkers: true },
  ETag: { value: ({ etag }) => etag },
  StorageClass: { value: ({ storageClass }) => storageClass },
  IsMultipartUploaded: { value: ({ isMultipart }) => String(isMultipart) },
  ReplicationStatus: { value: ({ attributes }) => attributes.replication?.status ?? "" },
  EncryptionStatus: {
    value: ({ encryption }) =>
      encryption === undefined ? "NOT-SSE" : ENCRYPTIONS[readEncryption(encryption).k],
  },
  ObjectLockRetainUntilDate: {
    value: ({ attributes: { retention } }) =>
      retention === undefined ? "" : date(retention.retainUntilMs),
  },
  ObjectLockMode: { value: ({ attributes: { retention } }) => retention?.mode ?? "" },
  ObjectLockLegalHoldStatus: {
    value: ({ attributes: { hasLegalHold } }) =>
      hasLegalHold === undefined ? "" : hasLegalHold ? "ON" : "OFF",
  },
  ObjectLockEventHoldStatus: {
    value: ({ attributes: { eventHold } }) =>
      eventHold === undefined ? "" : eventHold.isOn ? "ON" : "OFF",
  },
  ObjectLockEventHoldDuration: {
    value({ attributes: { eventHold } }) {
      if (eventHold?.isOn !== true) return "";
      return "days" in eventHold ? `${eventHold.days} Days` : `${eventHold.years} Years`;
    },
  },
  IntelligentTieringAccessTier: {
    value: ({ storageClass }) => (storageClass === "INTELLIGENT_TIERING" ? "FREQUENT" : ""),
  },
  BucketKeyStatus: {
    value({ encryption }) {
      if (encryption === undefined) return "";
      const { k, bk } = readEncryption(encryption);
      if (k !== "KMS") return "";
      return bk === 1 ? "ENABLED" : "DISABLED";
    },
  },
  ChecksumAlgorithm: { value: ({ checksum }) => checksum?.algorithm ?? "" },
  ObjectAccessControlList: { value: ({ access }, owner) => aclText(access, owner) },
  ObjectOwner: {
    value: ({ access }, owner) => aclOfAccess(access, owner).owner.canonicalId,
  },
} as const satisfies Readonly<Record<string, Field>>;

type FieldName = keyof typeof FIELDS;

export const INVENTORY_FIELDS = Object.keys(FIELDS) as readonly FieldName[];

/** As AWS writes it into reports: JSON in base64. */
function aclText(access: string | undefined, bucketOwner: Account): string {
  const grants = aclOfAccess(access, bucketOwner).grants.map(({ grantee, permission }) =>
    grantee.kind === "group"
      ? { uri: uriOfGroup(grantee.group), type: "Group", permission }
      : { canonicalId: grantee.canonicalId, type: "CanonicalUser", permission },
  );
  const text = JSON.stringify({ version: "2022-11-10", status: "AVAILABLE", grants });
  return Buffer.from(text).toString("base64");
}

/** Which columns a report has. */
export interface ReportColumns {
  readonly hasVersions: boolean;
  readonly fields: readonly FieldName[];
}

/** `Bucket, Key, VersionId, …`, as the manifest tells it. */
export function schemaOf({ hasVersions, fields }: ReportColumns): string {
  const versions = hasVersions ? ["VersionId", "IsLatest", "IsDeleteMarker"] : [];
  return ["Bucket", "Key", ...versions, ...inOrder(fields)].join(", ");
}

function inOrder(fields: readonly FieldName[]): readonly FieldName[] {
  const wanted = new Set(fields);
  return INVENTORY_FIELDS.filter((name) => wanted.has(name));
}

/** Writes lines of a report: all fields in quotes, no heading, keys URL-encoded. */
export function lineWriter(
  bucket: string,
  columns: ReportColumns,
  bucketOwner: Account,
): (entry: InventoryEntry) => string {
  const fields: readonly Field[] = inOrder(columns.fields).map((name) => FIELDS[name]);
  return (entry) => {
    const { key, versionId, isLatest, isMarker } = entry;
    const values = [bucket, encodeURIComponent(key.toWellFormed()).replaceAll("%2F", "/")];
    if (columns.hasVersions)
      values.push(versionId === "null" ? "" : versionId, String(isLatest), String(isMarker));
    for (const { value, ofMarkers } of fields)
      values.push(isMarker && ofMarkers !== true ? "" : value(entry, bucketOwner));
    return `${values.map((text) => `"${text.replaceAll('"', '""')}"`).join(",")}\n`;
  };
}
