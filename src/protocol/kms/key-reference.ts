/** A KMS key as requests name it: by its id, by an alias, or by the ARN of either. */
export interface KeyReference {
  /** An alias begins with `alias/`. */
  readonly name: string;
  /** Where the key is, if an ARN tells. */
  readonly of?: { readonly region: string; readonly accountId: string };
}

/** What `aws:kms` encrypts with when nobody names a key. */
export const S3_ALIAS = "alias/aws/s3";

/** An id that a deployment may declare, UUIDs and the ids of multi-region keys among them. */
export const KEY_ID = /^[\w-]{1,128}$/;
const ALIAS = /^alias\/[\w/-]{1,250}$/;
const ARN = /^arn:aws[a-z-]{0,16}:kms:([a-z0-9-]{1,64}):(\d{12}|):(?:key\/)?([\w/-]{1,256})$/;

/**
 * Undefined: no key can have this name.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id
 */
export function readKeyReference(text: string): KeyReference | undefined {
  const [, region, accountId = "", named = text] = ARN.exec(text) ?? [];
  if (!KEY_ID.test(named) && !ALIAS.test(named)) return undefined;
  // Of an ARN, only what follows `key/` is an id.
  if (region === undefined) return { name: named };
  if (KEY_ID.test(named) !== text.includes(":key/")) return undefined;
  return { name: named, of: { region, accountId } };
}

export function isAlias(name: string): boolean {
  return name.startsWith("alias/");
}

/** @param resource `key/<id>` or `alias/<name>` */
export function kmsArn(region: string, accountId: string, resource: string): string {
  return `arn:aws:kms:${region}:${accountId}:${resource}`;
}
