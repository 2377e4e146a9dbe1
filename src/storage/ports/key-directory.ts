import type { AuditEntry } from "./audit-log.ts";
import type { KmsErrorCode } from "../../protocol/kms/kms-error.ts";
import type { TagSet } from "../../protocol/tag-set.ts";

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
  readonly description?: string;
  readonly tags?: TagSet;
  /** As it was given; undefined: the default. */
  readonly policy?: string | undefined;
  readonly rotationDays?: number;
  /** Of version 1. */
  readonly sealedMaterial: Uint8Array;
}

/** A key as the KMS API tells of it. */
export interface KeyDetails extends KeyRecord {
  readonly description: string;
  readonly tags: TagSet;
  readonly policy: string | undefined;
  readonly rotationDays: number | undefined;
  readonly deletionMs: number | undefined;
}

/** New material that a key was given. */
export interface Rotation {
  readonly version: number;
  readonly createdMs: number;
  readonly isOnDemand: boolean;
}

export interface AliasRecord {
  readonly name: string;
  /** What KMS calls its key. */
  readonly keyName: string;
  readonly createdMs: number;
  readonly modifiedMs: number;
}

/** Whose keys a call of the KMS API is about. */
export interface KeyScope {
  readonly accountId: string;
  readonly region: string;
  /** Of calls that change something: it goes into the audit log along with the change. */
  readonly audit?: AuditEntry;
}

interface KeyPageRequest {
  readonly after: string | undefined;
  readonly limit: number;
}

export interface KeyPage<Item> {
  readonly items: readonly Item[];
  /** What the page ended with, if there is more; undefined: there is not. */
  readonly next: string | undefined;
}

/**
 * What may be asked about the keys of an account in a region. Each is one transaction. Keys are named by their ids or, but for
 * what changes aliases, by an alias. Refusals are those of the KMS actions that are named like the calls.
 */
export interface KeyCalls {
  createKey(key: NewKey): KeyDetails;
  describeKey(name: string): KeyDetails;
  listKeys(request: KeyPageRequest): KeyPage<string>;
  setKeyState(name: string, state: "Disabled" | "Enabled"): void;
  scheduleKeyDeletion(name: string, days: number): KeyDetails;
  cancelKeyDeletion(name: string): KeyDetails;
  /** @param days undefined: it gets no new material by itself any more */
  setKeyRotation(name: string, days: number | undefined): void;
  /** @param fromVersion undefined is answered, and nothing done, when it is not the newest any more */
  rotateKeyOnDemand(
    name: string,
    fromVersion: number,
    sealedMaterial: Uint8Array,
  ): KeyDetails | undefined;
  listKeyRotations(name: string): readonly Rotation[];
  setKeyDescription(name: string, description: string): void;
  setKeyPolicy(name: string, policy: string): void;
  tagKey(name: string, tags: TagSet): void;
  untagKey(name: string, tagKeys: readonly string[]): void;
  createAlias(alias: string, keyName: string): void;
  updateAlias(alias: string, keyName: string): void;
  deleteAlias(alias: string): void;
  /** @param keyName undefined: those of all keys */
  listAliases(keyName: string | undefined, request: KeyPageRequest): KeyPage<AliasRecord>;
}

export type KeyCallName = keyof KeyCalls;

/** Why nothing was done. */
export interface KeyRefusal {
  readonly refused: { readonly code: KmsErrorCode; readonly message: string };
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
  /** @throws KmsError what the Directory refuses */
  call<Name extends KeyCallName>(
    scope: KeyScope,
    name: Name,
    ...args: Parameters<KeyCalls[Name]>
  ): Promise<ReturnType<KeyCalls[Name]>>;
}
