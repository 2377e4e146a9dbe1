import type { TagSet } from "../../../protocol/tag-set.ts";
import type { KeyCalls, KeyDetails, NewKey, Rotation } from "../../ports/key-directory.ts";
import {
  arnOf,
  changeKey,
  type KeyCall,
  KeyCallRefusal,
  requireKey,
  requireChangeable,
  requireEnabled,
} from "./key-call.ts";
import {
  countKeys,
  DAY_MS,
  detailsOf,
  insertKey,
  insertMaterial,
  type KeyRow,
  MAX_KEYS,
  tagsOf,
} from "./key-rows.ts";
import { pageOf } from "../page-of.ts";

const MAX_TAGS = 50;
/** AWS's. */
const MAX_ON_DEMAND_ROTATIONS = 25;

export function createKey(call: KeyCall, key: NewKey): KeyDetails {
  const { sql, scope } = call;
  if (countKeys(sql, scope.accountId) >= MAX_KEYS)
    throw new KeyCallRefusal("LimitExceededException", `An account has ${MAX_KEYS} keys at most.`);
  return detailsOf(insertKey(sql, scope.accountId, key));
}

export function describeKey(call: KeyCall, name: string): KeyDetails {
  return detailsOf(requireKey(call, name));
}

export function listKeys(
  { sql, scope }: KeyCall,
  { after = "", limit }: Parameters<KeyCalls["listKeys"]>[0],
): ReturnType<KeyCalls["listKeys"]> {
  const rows = sql.exec<Pick<KeyRow, "name">>(
    "SELECT name FROM kms_key WHERE account_id = ? AND region = ? AND name > ? ORDER BY name LIMIT ?",
    scope.accountId,
    scope.region,
    after,
    limit + 1,
  );
  const nameOf = ({ name }: Pick<KeyRow, "name">) => name;
  return pageOf(rows.toArray(), limit, nameOf, nameOf);
}

export function setKeyState(call: KeyCall, name: string, state: "Disabled" | "Enabled"): void {
  changeKey(call, requireChangeable(call, name), "state = ?", state);
}

export function scheduleKeyDeletion(call: KeyCall, name: string, days: number): KeyDetails {
  const row = requireChangeable(call, name);
  const deletionMs = Date.now() + days * DAY_MS;
  changeKey(call, row, "state = 'PendingDeletion', deletion_ms = ?", deletionMs);
  return describeKey(call, row.name);
}

export function cancelKeyDeletion(call: KeyCall, name: string): KeyDetails {
  const row = requireKey(call, name);
  if (row.state !== "PendingDeletion")
    throw new KeyCallRefusal("KMSInvalidStateException", `${arnOf(row)} is not pending deletion.`);
  changeKey(call, row, "state = 'Disabled', deletion_ms = NULL");
  return describeKey(call, row.name);
}

export function setKeyRotation(call: KeyCall, name: string, days: number | undefined): void {
  const row = requireEnabled(call, name);
  if (days === row.rotation_days) return;
  const dueMs = days === undefined ? null : Date.now() + days * DAY_MS;
  changeKey(call, row, "rotation_days = ?, rotation_due_ms = ?", days ?? null, dueMs);
}

export function rotateKeyOnDemand(
  call: KeyCall,
  name: string,
  fromVersion: number,
  sealed: Uint8Array,
): KeyDetails | undefined {
  const row = requireEnabled(call, name);
  const { account_id: accountId, id: keyId } = row;
  const asked = rotationsOf(call, row).filter(({ isOnDemand }) => isOnDemand);
  if (asked.length >= MAX_ON_DEMAND_ROTATIONS)
    throw new KeyCallRefusal(
      "LimitExceededException",
      `The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be performed for this key: ${arnOf(row)}`,
    );
  if (row.version !== fromVersion) return undefined;
  const version = fromVersion + 1;
  insertMaterial(call.sql, { accountId, keyId, version, sealed, isOnDemand: true });
  changeKey(call, row, "version = ?", version);
  return describeKey(call, row.name);
}

export function listKeyRotations(call: KeyCall, name: string): readonly Rotation[] {
  return rotationsOf(call, requireKey(call, name));
}

function rotationsOf({ sql }: KeyCall, { account_id: accountId, id }: KeyRow): Rotation[] {
  const query = `SELECT version, created_ms, is_on_demand FROM kms_material
                 WHERE account_id = ? AND key_id = ? AND version > 1 ORDER BY version`;
  const rows = sql.exec<{ version: number; created_ms: number; is_on_demand: number }>(
    query,
    accountId,
    id,
  );
  return rows.toArray().map((row) => ({
    version: row.version,
    createdMs: row.created_ms,
    isOnDemand: row.is_on_demand === 1,
  }));
}

export function setKeyDescription(call: KeyCall, name: string, description: string): void {
  changeKey(call, requireChangeable(call, name), "description = ?", description);
}

export function setKeyPolicy(call: KeyCall, name: string, policy: string): void {
  changeKey(call, requireChangeable(call, name), "policy = ?", policy);
}

export function tagKey(call: KeyCall, name: string, tags: TagSet): void {
  const row = requireChangeable(call, name);
  const changed = new Map([...tagsOf(row), ...tags].map(({ key, value }) => [key, value]));
  if (changed.size > MAX_TAGS) throw new KeyCallRefusal("TagException", "Too many tags");
  setTags(
    call,
    row,
    Array.from(changed, ([key, value]) => ({ key, value })),
  );
}

export function untagKey(call: KeyCall, name: string, tagKeys: readonly string[]): void {
  const row = requireChangeable(call, name);
  const gone = new Set(tagKeys);
  setTags(
    call,
    row,
    tagsOf(row).filter(({ key }) => !gone.has(key)),
  );
}

function setTags(call: KeyCall, row: KeyRow, tags: TagSet): void {
  changeKey(call, row, "tags = ?", tags.length === 0 ? null : JSON.stringify(tags));
}
