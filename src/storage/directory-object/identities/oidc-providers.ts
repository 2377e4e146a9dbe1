import type { TagSet } from "../../../protocol/tag-set.ts";
import type { ProviderChange } from "../../ports/identity-directory.ts";
import type { OidcProviderRecord } from "../../ports/identity-records.ts";
import { type Call, Refusal } from "./call.ts";
import { requireBelow } from "./entities.ts";

interface ProviderRow extends Record<string, SqlStorageValue> {
  arn: string;
  url: string;
  client_ids: string;
  thumbprints: string;
  tags: string;
  created_ms: number;
}

const MAX_PROVIDERS = ["OpenIdConnectProvidersPerAccount", 100] as const;
const MAX_CLIENT_IDS = 100;

export function createProvider(call: Call, draft: Omit<OidcProviderRecord, "createdMs">): void {
  const { sql, account } = call;
  const { arn, url, clientIds, thumbprints, tags } = draft;
  if (sql.exec("SELECT 1 FROM oidc_provider WHERE arn = ?", arn).toArray().length > 0)
    throw new Refusal("EntityAlreadyExists", `Provider with url https://${url} already exists.`);
  const counted = "SELECT count(*) AS n FROM oidc_provider WHERE account_id = ?";
  requireBelow(call, counted, account.id, MAX_PROVIDERS);
  requireClientIds(clientIds);
  sql.exec(
    `INSERT INTO oidc_provider (arn, account_id, url, client_ids, thumbprints, tags, created_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
    arn,
    account.id,
    url,
    JSON.stringify(clientIds),
    JSON.stringify(thumbprints),
    JSON.stringify(tags),
    Date.now(),
  );
}

export function getProvider(call: Call, arn: string): OidcProviderRecord {
  const row = providerRow(call, arn);
  return {
    arn,
    url: row.url,
    clientIds: JSON.parse(row.client_ids) as string[],
    thumbprints: JSON.parse(row.thumbprints) as string[],
    tags: JSON.parse(row.tags) as TagSet,
    createdMs: row.created_ms,
  };
}

export function listProviders({ sql, account }: Call): readonly string[] {
  const query = "SELECT arn FROM oidc_provider WHERE account_id = ? ORDER BY arn";
  return sql
    .exec<{ arn: string }>(query, account.id)
    .toArray()
    .map(({ arn }) => arn);
}

export function updateProvider(
  call: Call,
  arn: string,
  { addClientId, removeClientId, thumbprints }: ProviderChange,
): void {
  const before = getProvider(call, arn);
  const clientIds = new Set(before.clientIds);
  if (addClientId !== undefined) clientIds.add(addClientId);
  if (removeClientId !== undefined) clientIds.delete(removeClientId);
  requireClientIds([...clientIds]);
  call.sql.exec(
    "UPDATE oidc_provider SET client_ids = ?, thumbprints = ? WHERE arn = ?",
    JSON.stringify([...clientIds]),
    JSON.stringify(thumbprints ?? before.thumbprints),
    arn,
  );
}

/** One that there is not is gone already. */
export function deleteProvider({ sql, account }: Call, arn: string): void {
  sql.exec("DELETE FROM oidc_provider WHERE arn = ? AND account_id = ?", arn, account.id);
}

/** @throws Refusal NoSuchEntity */
export function providerRow({ sql, account }: Call, arn: string): ProviderRow {
  const query = "SELECT * FROM oidc_provider WHERE arn = ? AND account_id = ?";
  const row = sql.exec<ProviderRow>(query, arn, account.id).toArray()[0];
  if (row !== undefined) return row;
  throw new Refusal("NoSuchEntity", `OpenIDConnect Provider not found for arn ${arn}`);
}

function requireClientIds(clientIds: readonly string[]): void {
  if (clientIds.length > MAX_CLIENT_IDS)
    throw new Refusal(
      "LimitExceeded",
      `Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: ${MAX_CLIENT_IDS}`,
    );
}
