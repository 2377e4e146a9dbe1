import type { TagSet } from "../../../protocol/tag-set.ts";
import type { Tagged } from "../../ports/identity-directory.ts";
import { type Call, Refusal } from "./call.ts";
import { entityRow, type EntityRow } from "./entities.ts";
import { policyRow } from "./managed-policies.ts";
import { providerRow } from "./oidc-providers.ts";

const MAX_TAGS = 50;

interface TaggedRow {
  readonly table: string;
  readonly column: "arn" | "id";
  readonly key: string;
  readonly tags: TagSet;
}

export function tag(call: Call, tagged: Tagged, tags: TagSet): void {
  const row = rowOf(call, tagged);
  const added = new Set(tags.map(({ key }) => key.toLowerCase()));
  const kept = row.tags.filter(({ key }) => !added.has(key.toLowerCase()));
  const all = [...kept, ...tags];
  if (all.length > MAX_TAGS)
    throw new Refusal(
      "LimitExceeded",
      `The number of tags has reached the maximum limit of ${MAX_TAGS}.`,
    );
  put(call, row, all);
}

export function untag(call: Call, tagged: Tagged, keys: readonly string[]): void {
  const row = rowOf(call, tagged);
  const removed = new Set(keys.map((key) => key.toLowerCase()));
  put(
    call,
    row,
    row.tags.filter(({ key }) => !removed.has(key.toLowerCase())),
  );
}

export function getTags(call: Call, tagged: Tagged): TagSet {
  return rowOf(call, tagged).tags;
}

function put({ sql, changed }: Call, { table, column, key }: TaggedRow, tags: TagSet): void {
  sql.exec(`UPDATE ${table} SET tags = ? WHERE ${column} = ?`, JSON.stringify(tags), key);
  if (column === "id") changed.add(key);
}

function rowOf(call: Call, { kind, name }: Tagged): TaggedRow {
  if (kind === "user" || kind === "role") {
    const row = entityRow<EntityRow & { tags: string }>(call, kind, name);
    const tags = JSON.parse(row.tags) as TagSet;
    return { table: kind === "user" ? "iam_user" : "iam_role", column: "id", key: row.id, tags };
  }
  const isPolicy = kind === "policy";
  const row = isPolicy ? policyRow(call, name) : providerRow(call, name);
  const tags = JSON.parse(row.tags) as TagSet;
  return { table: isPolicy ? "managed_policy" : "oidc_provider", column: "arn", key: name, tags };
}
