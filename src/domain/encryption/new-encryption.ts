import { randomBytes } from "node:crypto";
import { wrapKey } from "../../lib/wrapped-key.ts";
import type { Caller } from "../../protocol/caller.ts";
import { customerKeyHeaders } from "../../protocol/encryption/customer-key.ts";
import type { RequestedEncryption } from "../../protocol/encryption/requested-encryption.ts";
import {
  newEncryptionHeaders,
  type StoredEncryption,
} from "../../protocol/encryption/stored-encryption.ts";
import { regionOf } from "../../protocol/region.ts";
import type { RegisteredKey } from "../../storage/ports/key-registry.ts";
import { ownerOf } from "../bucket-owner.ts";
import type { BucketPorts } from "../ports.ts";
import { derivedKey } from "./derived-key.ts";
import { requireKeyAccount } from "./key-account.ts";
import { newKeyBytes, type ObjectKey } from "./object-key.ts";

type Ports = Pick<BucketPorts, "bucket" | "keys" | "settings"> & { readonly caller: Caller };

/** What is to be made is encrypted so: with a key of its own, which is wrapped with a customer's or one of the registry. */
export interface Encryption {
  /** What the row, or the upload, keeps. */
  readonly column: string;
  /** Undefined: the store encrypts its bytes by itself, and the row only says so. */
  readonly key: ObjectKey | undefined;
  /** What the answer tells. */
  readonly headers: Readonly<Record<string, string>>;
}

/** How what is to be made is encrypted, before there is a key. */
export interface ChosenEncryption {
  readonly isDouble: boolean;
  /** False: the store encrypts by itself. */
  readonly hasKey: boolean;
  /** @param bytes the object's key; undefined: a new one */
  encryption(bytes?: Uint8Array): Promise<Encryption>;
}

/**
 * Finds the key that a request asks for.
 *
 * @throws S3Error AccessDenied (a KMS key, of another account than the caller's), KMS.NotFoundException, KMS.DisabledException, KMS.KMSInvalidStateException
 */
export async function chosenEncryption(
  ports: Ports,
  requested: RequestedEncryption,
): Promise<ChosenEncryption> {
  const { bucket, keys, settings } = ports;
  if (requested.method === "C") {
    const { customerKey } = requested;
    return choice("C", async (key) => {
      const salt = randomBytes(16);
      const wrapping = customerWrappingKey(customerKey.bytes, salt);
      const wrapped = wrapKey(wrapping, key, Buffer.from(purposeOf(bucket.id)));
      return {
        column: JSON.stringify({ k: "C", s: base64(salt), w: base64(wrapped) }),
        headers: customerKeyHeaders(customerKey),
      };
    });
  }
  if (requested.method === "S3" && settings.sseS3 === "store") return STORES_OWN;
  const account = ownerOf(bucket, settings.account);
  if (requested.method === "S3") {
    const storeKey = await keys.storeKey(account.id);
    return choice("S3", (key) => underRegistered(ports, storeKey, { k: "S3" }, key));
  }
  const { method, keyId, context, hasBucketKey } = requested;
  requireKeyAccount(ports.caller, account.id);
  const used = await keys.usableKey(account.id, regionOf(bucket.region), keyId);
  const said: StoredEncryption = {
    k: method,
    name: used.name,
    ...(context !== undefined && { ctx: context }),
    ...(hasBucketKey === true && { bk: 1 }),
  };
  return choice(method, (key) => underRegistered(ports, used, said, key));
}

/** What was encrypted with a customer's key has it derived so. */
export function customerWrappingKey(customerKey: Uint8Array, salt: Uint8Array): Uint8Array {
  return derivedKey(customerKey, salt, "SSE-C");
}

/** What an object's key is bound to: it cannot be moved to another bucket, nor be used with another context. */
export function purposeOf(bucketId: string, context = ""): string {
  return `key of an object of ${bucketId} ${context}`;
}

const STORES_OWN: ChosenEncryption = {
  isDouble: false,
  hasKey: false,
  async encryption() {
    const column = JSON.stringify({ k: "S3" });
    return { column, key: undefined, headers: newEncryptionHeaders(column) };
  },
};

function choice(
  method: StoredEncryption["k"],
  wrap: (key: Uint8Array) => Promise<Omit<Encryption, "key">>,
): ChosenEncryption {
  const isDouble = method === "DSSE";
  return {
    isDouble,
    hasKey: true,
    async encryption(bytes = newKeyBytes()) {
      const key: ObjectKey = { bytes, isDouble, hasMd5Etag: method === "S3" };
      return { ...(await wrap(bytes)), key };
    },
  };
}

async function underRegistered(
  { bucket, keys }: Ports,
  registered: RegisteredKey,
  said: StoredEncryption,
  key: Uint8Array,
): Promise<Omit<Encryption, "key">> {
  const wrapped = await keys.wrap(registered, key, Buffer.from(purposeOf(bucket.id, said.ctx)));
  const { id, version } = registered;
  const column = JSON.stringify({ ...said, id, v: version, w: base64(wrapped) });
  return { column, headers: newEncryptionHeaders(column) };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
