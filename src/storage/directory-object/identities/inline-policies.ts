import { documentSize } from "../../../protocol/policy/iam-document.ts";
import type { Page, PageRequest } from "../../../protocol/query-api/pages.ts";
import type { EntityKind, InlinePolicy } from "../../ports/identity-records.ts";
import { type Call, Refusal } from "./call.ts";
import { entityRow } from "./entities.ts";
import { pageOf } from "../page-of.ts";

export function putInlinePolicy(
  call: Call,
  kind: EntityKind,
  name: string,
  policy: InlinePolicy,
  limitCharacters: number,
): void {
  const { sql, changed } = call;
  const entity = entityRow(call, kind, name);
  const others = sql
    .exec<{ document: string }>(
      "SELECT document FROM inline_policy WHERE owner_id = ? AND name <> ?",
      entity.id,
      policy.name,
    )
    .toArray();
  const documents = [policy.document, ...others.map(({ document }) => document)];
  const characters = documents.reduce((sum, document) => sum + documentSize(document), 0);
  if (characters > limitCharacters) {
    const message = `Maximum policy size of ${limitCharacters} bytes exceeded for ${kind} ${entity.name}`;
    throw new Refusal("LimitExceeded", message);
  }
  insertInlinePolicy(sql, entity.id, policy);
  changed.add(entity.id);
}

export function insertInlinePolicy(sql: SqlStorage, ownerId: string, policy: InlinePolicy): void {
  sql.exec(
    `INSERT INTO inline_policy (owner_id, name, document) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET document = excluded.document`,
    ownerId,
    policy.name,
    policy.document,
  );
}

export function getInlinePolicy(
  call: Call,
  kind: EntityKind,
  name: string,
  policyName: string,
): InlinePolicy & { entityName: string } {
  const entity = entityRow(call, kind, name);
  const row = call.sql
    .exec<{ document: string }>(
      "SELECT document FROM inline_policy WHERE owner_id = ? AND name = ?",
      entity.id,
      policyName,
    )
    .toArray()[0];
  if (row === undefined) throw noSuchPolicy(kind, policyName);
  return { entityName: entity.name, name: policyName, document: row.document };
}

export function listInlinePolicies(
  call: Call,
  kind: EntityKind,
  name: string,
  { after = "", limit }: PageRequest,
): Page<string> {
  const entity = entityRow(call, kind, name);
  const rows = call.sql
    .exec<{ name: string }>(
      "SELECT name FROM inline_policy WHERE owner_id = ? AND name > ? ORDER BY name LIMIT ?",
      entity.id,
      after,
      limit + 1,
    )
    .toArray();
  const nameOf = (row: { name: string }): string => row.name;
  return pageOf(rows, limit, nameOf, nameOf);
}

export function deleteInlinePolicy(
  call: Call,
  kind: EntityKind,
  name: string,
  policyName: string,
): void {
  const { id } = entityRow(call, kind, name);
  getInlinePolicy(call, kind, name, policyName);
  call.sql.exec("DELETE FROM inline_policy WHERE owner_id = ? AND name = ?", id, policyName);
  call.changed.add(id);
}

function noSuchPolicy(kind: EntityKind, policyName: string): Refusal {
  const message = `The ${kind} policy with name ${policyName} cannot be found.`;
  return new Refusal("NoSuchEntity", message);
}
