/** What `aws:kms` encrypts with when nobody names a key. */
export const S3_ALIAS = "alias/aws/s3";

/** An id that a deployment may declare, UUIDs and the ids of multi-region keys among them. */
export const KEY_ID = /^[\w-]{1,128}$/;
export const KEY_ALIAS = /^alias\/[\w/-]{1,250}$/;
const ARN = /^arn:aws[a-z-]{0,16}:kms:([a-z0-9-]{1,64}):(\d{12}|):(?:key\/)?([\w/-]{1,256})$/;
const UUID = /^(?:mrk-[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** A key as an account calls it in a region, by its id or an alias; or why none of its keys there can be meant. */
export type KeyReference =
  | { readonly name: string }
  /** In AWS's words. */
  | { readonly missing: string }
  /** It is another account's. */
  | { readonly foreignArn: string };

/**
 * A key as requests name it: by its id, by an alias, or by the ARN of either.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id
 */
export function readKeyReference(text: string, accountId: string, region: string): KeyReference {
  const [isArn, arnsRegion, arnsAccount, named = text] = ARN.exec(text) ?? [];
  const isKey = KEY_ID.test(named);
  // Of an ARN, only what follows `key/` is an id.
  const isWhole = isArn === undefined || isKey === text.includes(":key/");
  if (!isWhole || !(isKey || KEY_ALIAS.test(named))) return { missing: `Invalid keyId '${text}'` };
  if (isArn === undefined) return { name: named };
  if (arnsRegion !== region) return { missing: `Invalid arn ${arnsRegion}` };
  return arnsAccount === accountId ? { name: named } : { foreignArn: text };
}

/**
 * That the account has no key of this name.
 *
 * Source: https://github.com/localstack/localstack/blob/main/tests/aws/services/s3/test_s3.snapshot.json
 * (test_s3_sse_validate_kms_key), and kms/test_kms.snapshot.json
 */
export function missingKey(accountId: string, region: string, name: string): string {
  if (isAlias(name)) return `Alias ${kmsArn(region, accountId, name)} is not found.`;
  if (!UUID.test(name)) return `Invalid keyId '${name}'`;
  return `Key '${kmsArn(region, accountId, `key/${name}`)}' does not exist`;
}

export function isAlias(name: string): boolean {
  return name.startsWith("alias/");
}

/** @param resource `key/<id>` or `alias/<name>` */
export function kmsArn(region: string, accountId: string, resource: string): string {
  return `arn:aws:kms:${region}:${accountId}:${resource}`;
}

export function keyArn(key: {
  readonly region: string;
  readonly accountId: string;
  readonly name: string;
}): string {
  return kmsArn(key.region, key.accountId, `key/${key.name}`);
}
