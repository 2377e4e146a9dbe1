import type { MasterKey } from "../lib/master-key.ts";
import { isSealedWith, seal, unseal } from "../lib/sealed-text.ts";
import { materialName } from "../protocol/kms/material-name.ts";
import type { SealedChange, SealedKind, SealedRow } from "../storage/ports/sealed-directory.ts";
import { requireMasterKey } from "./accounts.ts";
import type { Ports } from "./ports.ts";

/** What each kind is sealed with, and for what name. */
const KINDS: Readonly<
  Record<
    SealedKind,
    { purpose: Parameters<MasterKey["subKeys"]>[0]; nameOf: (key: SealedRow["key"]) => string }
  >
> = {
  "access key": { purpose: "secrets", nameOf: ([id = ""]) => String(id) },
  "key material": {
    purpose: "kms",
    nameOf: ([accountId = "", id = "", version = 0]) =>
      materialName(String(accountId), String(id), Number(version)),
  },
  "replication target": { purpose: "replication targets", nameOf: ([id = ""]) => String(id) },
};

export const SEALED_KINDS = Object.keys(KINDS) as SealedKind[];

/** Whether MASTER_KEY, or the one before it, opens something. */
export function isOpenable(
  masterKey: MasterKey | undefined,
  kind: SealedKind,
  { key, sealed }: SealedRow,
): boolean {
  const { purpose, nameOf } = KINDS[kind];
  const { current, previous } = masterKey?.subKeys(purpose) ?? {};
  const keys = [current, previous].filter((each) => each !== undefined);
  return keys.some((each) => isSealedWith(each, nameOf(key), sealed));
}

const PAGE_ROWS = 500;
/** Those that are named; all are counted. */
const MAX_TOLD = 100;

export interface SealedAnew {
  /** How many were sealed with the master key before, and are not any more. */
  readonly sealedAnew: number;
  /** How many neither opens: they are lost, or were sealed by a gateway that has another MASTER_KEY. */
  readonly unreadable: number;
  /** The first of them. */
  readonly unreadableKeys: readonly string[];
}

/**
 * Seals with MASTER_KEY whatever is still sealed with MASTER_KEY_PREVIOUS, which nothing needs afterwards but sessions that
 * were made before. May be repeated, and interrupted.
 *
 * @throws S3Error NotImplemented (no MASTER_KEY)
 */
export async function sealAnew(
  ports: Pick<Ports, "identityLookup" | "sealed" | "settings" | "targetLookup">,
): Promise<SealedAnew> {
  const masterKey = requireMasterKey(ports);
  const unreadable: string[] = [];
  let sealedAnew = 0;
  for (const kind of SEALED_KINDS) {
    let after: SealedRow["key"] | undefined;
    for (;;) {
      const rows = await ports.sealed.listSealed(kind, after, PAGE_ROWS);
      const changes = changesOf(masterKey, kind, rows, unreadable);
      if (changes.length > 0) {
        await ports.sealed.replaceSealed(kind, changes);
        const ids = changes.map(({ key }) => String(key[0]));
        await ports.identityLookup.forget(kind === "access key" ? ids : []);
        if (kind === "replication target") await ports.targetLookup.forget(ids);
      }
      sealedAnew += changes.length;
      after = rows.at(-1)?.key;
      if (rows.length < PAGE_ROWS) break;
    }
  }
  return {
    sealedAnew,
    unreadable: unreadable.length,
    unreadableKeys: unreadable.slice(0, MAX_TOLD),
  };
}

function changesOf(
  masterKey: MasterKey,
  kind: SealedKind,
  rows: readonly SealedRow[],
  unreadable: string[],
): readonly SealedChange[] {
  const { purpose, nameOf } = KINDS[kind];
  const keys = masterKey.subKeys(purpose);
  return rows.flatMap(({ key, sealed: before }) => {
    const name = nameOf(key);
    if (isSealedWith(keys.current, name, before)) return [];
    try {
      return [{ key, before, sealed: seal(keys, name, unseal(keys, name, before)) }];
    } catch {
      unreadable.push(name);
      return [];
    }
  });
}
