/**
 * Who made a key: a user of the KMS API; the deployment, which declared its name; KMS itself for S3 (`aws`); or Ledge for
 * SSE-S3 (`store`), which the KMS API does not show.
 */
export type KeyKind = "aws" | "customer" | "declared" | "store";

export type KeyState = "Disabled" | "Enabled" | "PendingDeletion";

/** A key, without its material. */
export interface KeyRecord {
  readonly accountId: string;
  /** Whom of the account's keys wrapped keys are under; given to no other key, also when this one is gone. */
  readonly id: string;
  /** Empty for SSE-S3's. */
  readonly region: string;
  /** The id that KMS calls it by. */
  readonly name: string;
  readonly kind: KeyKind;
  readonly state: KeyState;
  readonly createdMs: number;
  /** Of its newest material. */
  readonly version: number;
  /** When it gets new material by itself; undefined: never. */
  readonly nextRotationMs: number | undefined;
}

/** A key with one of its materials. */
export interface OpenedKey {
  readonly key: KeyRecord;
  readonly version: number;
  /** By the gateway that made it: the Directory cannot read it. */
  readonly sealedMaterial: Uint8Array;
}

/** A key, by its own id and a version; or by what the account calls it in a region, an alias too. */
export type KeyName =
  | { readonly id: string; readonly version: number }
  | { readonly region: string; readonly name: string };

export interface NewKey {
  readonly id: string;
  readonly region: string;
  readonly name: string;
  readonly kind: KeyKind;
  readonly alias?: string;
  /** Of version 1. */
  readonly sealedMaterial: Uint8Array;
}

/** Port: the keys of accounts, as the Directory keeps them. */
export interface KeyDirectory {
  /**
   * The key with the material of that version, or with its newest.
   *
   * @param ifMissing made, and answered, when there is none of that name
   * @returns undefined: there is none
   */
  openKey(accountId: string, name: KeyName, ifMissing?: NewKey): Promise<OpenedKey | undefined>;
  /**
   * Gives the key new material, unless somebody else did since it was of this version.
   *
   * @returns the key with its newest material; undefined: there is no such key
   */
  rotateKey(
    accountId: string,
    id: string,
    fromVersion: number,
    sealedMaterial: Uint8Array,
  ): Promise<OpenedKey | undefined>;
}
