import { PERMISSION_BITS } from "../../protocol/acl/acl.ts";

/** The ACL that allows an action, and by which permission. */
export interface AclRule {
  readonly of: "bucket" | "object";
  readonly bit: number;
  /** It allows what was written by the caller's own account only. */
  readonly onlyOwn?: true;
}

const { READ, WRITE, READ_ACP, WRITE_ACP } = PERMISSION_BITS;

/**
 * By action, in small letters. No ACL allows any other.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#permissions
 */
export const ACL_RULES: ReadonlyMap<string, AclRule> = new Map<string, AclRule>([
  ...rules("bucket", READ, ["ListBucket", "ListBucketVersions", "ListBucketMultipartUploads"]),
  ...rules("bucket", WRITE, ["PutObject"]),
  ["s3:deleteobject", { of: "bucket", bit: WRITE, onlyOwn: true }],
  ...rules("bucket", READ_ACP, ["GetBucketAcl"]),
  ...rules("bucket", WRITE_ACP, ["PutBucketAcl"]),
  ...rules("object", READ, [
    ...["GetObject", "GetObjectVersion", "GetObjectTorrent", "GetObjectVersionTorrent"],
    ...["GetObjectAttributes", "GetObjectVersionAttributes"],
  ]),
  ...rules("object", READ_ACP, ["GetObjectAcl", "GetObjectVersionAcl"]),
  ...rules("object", WRITE_ACP, ["PutObjectAcl", "PutObjectVersionAcl"]),
]);

/** What the object's owner decides, and not the bucket's: just what the object's own ACL allows. */
export function belongsToObjectOwner(action: string): boolean {
  return ACL_RULES.get(action)?.of === "object";
}

const OF_INITIATOR = new Set(["s3:abortmultipartupload", "s3:listmultipartuploadparts"]);

/** What the account that began an upload may always do with it. */
export function belongsToInitiator(action: string): boolean {
  return OF_INITIATOR.has(action);
}

function rules(of: AclRule["of"], bit: number, actions: readonly string[]) {
  return actions.map((action) => [`s3:${action.toLowerCase()}`, { of, bit }] as const);
}
