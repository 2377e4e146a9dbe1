import { randomBytes } from "node:crypto";
import type { SubKeys } from "../../lib/master-key.ts";
import { seal, unseal } from "../../lib/sealed-text.ts";
import { unwrapKey, wrapKey } from "../../lib/wrapped-key.ts";
import { S3Error } from "../../protocol/errors.ts";
import {
  keyArn,
  missingKey,
  readKeyReference,
  S3_ALIAS,
} from "../../protocol/kms/key-reference.ts";
import { materialName } from "../../protocol/kms/material-name.ts";
import type { KeyDirectory, KeyRecord, NewKey, OpenedKey } from "../ports/key-directory.ts";
import type { KeyRegistry, RegisteredKey } from "../ports/key-registry.ts";
import { Remembered } from "./remembered.ts";

/** For how long a gateway uses a key by what it remembers of it. */
const MAX_AGE_MS = 300_000;
/** What it remembers at most: as many names, and as many materials. */
const MAX_REMEMBERED = 64;

/** What the key of SSE-S3 is kept under: no region, so that no request finds it. */
const STORE = { region: "", name: "sse-s3" };

/** What KMS says of the key that it makes for S3, which it gives new material each year. */
const AWS_KEY = {
  alias: S3_ALIAS,
  description: "Default key that protects my S3 objects when no other key is defined",
  rotationDays: 365,
} as const;

interface UsableKey {
  readonly key: KeyRecord;
  readonly version: number;
  readonly material: Uint8Array;
}

/**
 * The {@link KeyRegistry} port over the Directory, with what one isolate remembers of its keys. A key that was disabled elsewhere is
 * used for {@link MAX_AGE_MS} more at most, and no longer here.
 *
 * @param sealing what materials are sealed with; undefined: there are no keys
 * @param declared the names that every account has a key by
 */
export function keyRegistry(
  directory: KeyDirectory,
  sealing: SubKeys | undefined,
  declared: ReadonlySet<string>,
): KeyRegistry {
  const byName = new Remembered<RegisteredKey>(MAX_REMEMBERED, MAX_AGE_MS);
  const byVersion = new Remembered<UsableKey>(MAX_REMEMBERED, MAX_AGE_MS);

  /** The key that has this name, with the material that is used from now on. */
  async function named(
    accountId: string,
    name: { readonly region: string; readonly name: string },
    describe: (key: KeyRecord) => string,
    ifMissing?: NewKey,
  ): Promise<RegisteredKey | undefined> {
    let found = await directory.openKey(accountId, name, ifMissing);
    if (found === undefined) return undefined;
    requireUsable(found.key);
    if ((found.key.nextRotationMs ?? Infinity) <= Date.now()) found = await rotated(found);
    const { key, version } = found;
    const opened = usable(found);
    await byVersion.get(accountId, `${key.id} ${version}`, async () => opened);
    return { accountId, id: key.id, version, name: describe(key) };
  }

  /** By the first gateway that uses it when it is time. */
  async function rotated(found: OpenedKey): Promise<OpenedKey> {
    const { accountId, id, version } = found.key;
    const sealedMaterial = newMaterial(accountId, id, version + 1);
    return (await directory.rotateKey(accountId, id, version, sealedMaterial)) ?? found;
  }

  function usable({ key, version, sealedMaterial }: OpenedKey): UsableKey {
    const sealedFor = materialName(key.accountId, key.id, version);
    const material = Buffer.from(unseal(sealingKeys(), sealedFor, sealedMaterial), "base64");
    return { key, version, material };
  }

  async function material(accountId: string, id: string, version: number): Promise<Uint8Array> {
    sealingKeys();
    const found = await byVersion.get(accountId, `${id} ${version}`, async () => {
      const opened = await directory.openKey(accountId, { id, version });
      if (opened === undefined) throw notFound(`Key '${id}' does not exist`);
      requireUsable(opened.key);
      return usable(opened);
    });
    return found.material;
  }

  function newKey(accountId: string, key: Omit<NewKey, "sealedMaterial">): NewKey {
    return { ...key, sealedMaterial: newMaterial(accountId, key.id, 1) };
  }

  function newMaterial(accountId: string, id: string, version: number): Uint8Array {
    const text = randomBytes(32).toString("base64");
    return seal(sealingKeys(), materialName(accountId, id, version), text);
  }

  /** @throws S3Error KMS.KMSInvalidStateException */
  function sealingKeys(): SubKeys {
    if (sealing !== undefined) return sealing;
    const message =
      "This deployment keeps no keys: set the secret MASTER_KEY, 32 random bytes in base64.";
    throw new S3Error("KMS.KMSInvalidStateException", { message });
  }

  function madeAtFirstUse(accountId: string, region: string, name: string): NewKey | undefined {
    const id = crypto.randomUUID();
    if (name === S3_ALIAS)
      return newKey(accountId, { id, region, name: id, kind: "aws", ...AWS_KEY });
    if (!declared.has(name)) return undefined;
    return newKey(accountId, { id, region, name, kind: "declared" });
  }

  return {
    async usableKey(accountId, region, keyId = S3_ALIAS) {
      sealingKeys();
      return byName.get(accountId, `${region} ${keyId}`, async () => {
        const name = localName(keyId, accountId, region);
        const ifMissing = madeAtFirstUse(accountId, region, name);
        const found = await named(accountId, { region, name }, shownName, ifMissing);
        if (found === undefined) throw notFound(missingKey(accountId, region, name));
        return found;
      });
    },

    async storeKey(accountId) {
      sealingKeys();
      return byName.get(accountId, "", async () => {
        const id = crypto.randomUUID();
        const ifMissing = newKey(accountId, { ...STORE, id, kind: "store" });
        const found = await named(accountId, STORE, ({ name }) => name, ifMissing);
        if (found === undefined) throw new Error("a key that was just made is missing");
        return found;
      });
    },

    async makeAtFirstUse(accountId, region, name) {
      for (const each of name === undefined ? declared : [name]) {
        const ifMissing = madeAtFirstUse(accountId, region, each);
        if (ifMissing !== undefined)
          await directory.openKey(accountId, { region, name: each }, ifMissing);
      }
    },

    newMaterial,

    async wrap({ accountId, id, version }, plain, associatedData) {
      return wrapKey(await material(accountId, id, version), plain, associatedData);
    },

    async unwrap(accountId, keyId, version, wrapped, associatedData) {
      return unwrapKey(await material(accountId, keyId, version), wrapped, associatedData);
    },

    forget(accountId) {
      byName.forget(accountId);
      byVersion.forget(accountId);
    },
  };
}

/** A key that was declared by a bare name is called so. */
function shownName(key: KeyRecord): string {
  return key.kind === "declared" ? key.name : keyArn(key);
}

/** What the account calls the key in the region. @throws S3Error KMS.NotFoundException, AccessDenied */
function localName(keyId: string, accountId: string, region: string): string {
  const reference = readKeyReference(keyId, accountId, region);
  if ("name" in reference) return reference.name;
  if ("missing" in reference) throw notFound(reference.missing);
  throw new S3Error("AccessDenied", {
    message: `Not authorized to perform: kms:GenerateDataKey on resource: ${reference.foreignArn} because no resource-based policy allows the kms:GenerateDataKey action`,
  });
}

function notFound(message: string): S3Error {
  return new S3Error("KMS.NotFoundException", { message });
}

/** @throws S3Error KMS.DisabledException, KMS.KMSInvalidStateException */
function requireUsable(key: KeyRecord): void {
  if (key.state === "Disabled")
    throw new S3Error("KMS.DisabledException", { message: `${keyArn(key)} is disabled.` });
  if (key.state === "PendingDeletion")
    throw new S3Error("KMS.KMSInvalidStateException", {
      message: `${keyArn(key)} is pending deletion.`,
    });
}
