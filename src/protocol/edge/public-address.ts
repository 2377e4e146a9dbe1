/** Which object a gateway asks the cache for, and what it knew of its bucket. */
export interface PublicAddress {
  readonly bucketId: string;
  readonly bucketName: string;
  /** Of the gateway part: what is stored under an older one is never found again. */
  readonly revision: number;
  readonly key: string;
}

/** Rises when what is stored, or how, is understood in another way. */
const FORMAT = "1";

const PATH = /^\/\w+\/([^/]+)\/(\d{1,15})\/([^/]+)\/([\w-]+)$/;

/**
 * The path of the request for an object, which is its key in the cache as well. The name of the object is in base64url, as a
 * path would lose its dots and slashes, and two names might become one.
 */
export function pathOfPublic({ bucketId, bucketName, revision, key }: PublicAddress): string {
  const name = Buffer.from(key).toString("base64url");
  return `/${FORMAT}/${bucketId}/${revision}/${bucketName}/${name}`;
}

/** Undefined: it is no such path. */
export function addressOfPublic(path: string): PublicAddress | undefined {
  const [, bucketId, revision, bucketName, name] = PATH.exec(path) ?? [];
  if (bucketId === undefined || bucketName === undefined || name === undefined) return undefined;
  const key = Buffer.from(name, "base64url").toString();
  const address = { bucketId, bucketName, revision: Number(revision), key };
  // One way to write each: an address that is written otherwise is nobody's.
  return pathOfPublic(address) === path ? address : undefined;
}
