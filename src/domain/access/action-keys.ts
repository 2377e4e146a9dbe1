/** Keys of every action. */
const OF_ALL =
  "s3:authtype s3:signatureversion s3:signatureage s3:tlsversion s3:x-amz-content-sha256 s3:resourceaccount s3:buckettag";

const ACL_HEADERS =
  "s3:x-amz-acl s3:x-amz-grant-read s3:x-amz-grant-write s3:x-amz-grant-read-acp s3:x-amz-grant-write-acp s3:x-amz-grant-full-control";
const ENCRYPTION =
  "s3:x-amz-server-side-encryption s3:x-amz-server-side-encryption-aws-kms-key-id s3:x-amz-server-side-encryption-customer-algorithm";
const RETENTION =
  "s3:object-lock-mode s3:object-lock-retain-until-date s3:object-lock-remaining-retention-days s3:object-lock-event-hold s3:object-lock-event-hold-duration-days";
const TAGS = "s3:requestobjecttag s3:requestobjecttagkeys";
const WRITE = [
  ...[ACL_HEADERS, ENCRYPTION, RETENTION, TAGS, "s3:object-lock-legal-hold", "s3:if-match"],
  "s3:if-none-match s3:objectcreationoperation s3:x-amz-copy-source s3:x-amz-metadata-directive",
  "s3:x-amz-object-annotation-directive s3:x-amz-storage-class s3:x-amz-website-redirect-location",
  // Of a copy: that of its source.
  "s3:versionid",
].join(" ");
const LIST = "s3:prefix s3:delimiter s3:max-keys";
const TAG_RESOURCE = "aws:requesttag aws:tagkeys";

/** By action, without the service; `Version` in the name brings the version, too. */
const OF_ACTION: Readonly<Record<string, string>> = {
  BypassGovernanceRetention: WRITE,
  CreateBucket: `${ACL_HEADERS} ${TAG_RESOURCE} s3:locationconstraint s3:x-amz-object-ownership`,
  DeleteObject: "s3:if-match",
  ListBucket: LIST,
  ListBucketVersions: LIST,
  ListBucketMultipartUploads: LIST,
  ListObjectAnnotations: "s3:annotation-prefix s3:max-annotation-results",
  PutBucketAcl: ACL_HEADERS,
  PutBucketTagging: TAG_RESOURCE,
  TagResource: TAG_RESOURCE,
  PutInventoryConfiguration: "s3:inventoryaccessibleoptionalfields",
  PutObject: WRITE,
  PutObjectAcl: `${ACL_HEADERS} s3:x-amz-storage-class`,
  PutObjectAnnotation: "s3:x-amz-object-if-match",
  DeleteObjectAnnotation: "s3:x-amz-object-if-match",
  PutObjectLegalHold: "s3:object-lock-legal-hold",
  PutObjectRetention: RETENTION,
  PutObjectTagging: TAGS,
  UpdateObjectEncryption: ENCRYPTION,
};

/** Actions on an object whose own tags count; their variants for versions as well. */
const OF_TAGGED = new Set([
  ...["getobject", "getobjectacl", "getobjectattributes", "getobjecttorrent", "putobjectacl"],
  ...["getobjecttagging", "putobjecttagging", "deleteobjecttagging", "updateobjectencryption"],
  ...["getobjectannotation", "putobjectannotation", "deleteobjectannotation"],
  "listobjectannotations",
]);

const KEYS: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries(OF_ACTION).map(([name, keys]) => [name.toLowerCase(), new Set(keys.split(" "))]),
);
const KEYS_OF_ALL = new Set(OF_ALL.split(" "));

/**
 * Does an action have this condition key? A header or a parameter that an operation does not look at must not fulfil a
 * condition: whoever may do anything under a prefix would read everything with `?prefix=`.
 *
 * @param action in small letters, `s3:getobject`
 * @param key in small letters, without what stands behind its slash
 * Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
 */
export function hasKey(action: string, key: string): boolean {
  const isConcerned = key.startsWith("s3:") || key === "aws:requesttag" || key === "aws:tagkeys";
  if (!isConcerned || KEYS_OF_ALL.has(key)) return true;
  const name = action.slice("s3:".length);
  // `getobjectversionacl` has the keys of `getobjectacl`.
  const isOfVersion = name.includes("objectversion");
  if (isOfVersion && key === "s3:versionid") return true;
  const base = isOfVersion ? name.replace("version", "") : name;
  if (key === "s3:existingobjecttag") return OF_TAGGED.has(base);
  return KEYS.get(base)?.has(key) ?? false;
}
