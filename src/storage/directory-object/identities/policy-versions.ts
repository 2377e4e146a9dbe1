import type { Page, PageRequest } from "../../../protocol/query-api/pages.ts";
import type { PolicyVersionRecord } from "../../ports/identity-records.ts";
import { type Call, Refusal } from "./call.ts";
import { noteUsers, policyRow } from "./managed-policies.ts";
import { pageOf } from "../page-of.ts";

interface VersionRow extends Record<string, SqlStorageValue> {
  version: number;
  document: string;
  created_ms: number;
}

const MAX_VERSIONS = 5;

export function createPolicyVersion(
  call: Call,
  arn: string,
  document: string,
  isDefault: boolean,
): PolicyVersionRecord {
  const { sql } = call;
  policyRow(call, arn);
  const count = "SELECT count(*) AS n FROM managed_policy_version WHERE policy_arn = ?";
  if (sql.exec<{ n: number }>(count, arn).one().n >= MAX_VERSIONS)
    throw new Refusal(
      "LimitExceeded",
      "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.",
    );
  // The numbers of versions that are gone are not given again.
  const { version } = sql
    .exec<{ version: number }>(
      `UPDATE managed_policy SET next_version = next_version + 1, updated_ms = ? WHERE arn = ?
       RETURNING next_version - 1 AS version`,
      Date.now(),
      arn,
    )
    .one();
  sql.exec(
    `INSERT INTO managed_policy_version (policy_arn, version, document, created_ms)
     VALUES (?, ?, ?, ?)`,
    arn,
    version,
    document,
    Date.now(),
  );
  if (isDefault) setDefaultPolicyVersion(call, arn, version);
  return getPolicyVersion(call, arn, version);
}

export function getPolicyVersion(call: Call, arn: string, version: number): PolicyVersionRecord {
  const { default_version: defaultVersion } = policyRow(call, arn);
  const row = call.sql
    .exec<VersionRow>(
      "SELECT * FROM managed_policy_version WHERE policy_arn = ? AND version = ?",
      arn,
      version,
    )
    .toArray()[0];
  if (row !== undefined) return versionOf(row, defaultVersion);
  const message = `Policy ${arn} version v${version} does not exist or is not attachable.`;
  throw new Refusal("NoSuchEntity", message);
}

/** The newest first. */
export function listPolicyVersions(
  call: Call,
  arn: string,
  { after = String(Number.MAX_SAFE_INTEGER), limit }: PageRequest,
): Page<PolicyVersionRecord> {
  const { default_version: defaultVersion } = policyRow(call, arn);
  const rows = call.sql
    .exec<VersionRow>(
      `SELECT * FROM managed_policy_version WHERE policy_arn = ? AND version < ?
       ORDER BY version DESC LIMIT ?`,
      arn,
      Number(after),
      limit + 1,
    )
    .toArray();
  return pageOf(
    rows,
    limit,
    ({ version }) => String(version),
    (row) => versionOf(row, defaultVersion),
  );
}

export function deletePolicyVersion(call: Call, arn: string, version: number): void {
  const { isDefault } = getPolicyVersion(call, arn, version);
  if (isDefault)
    throw new Refusal("DeleteConflict", "Cannot delete the default version of a policy.");
  const statement = "DELETE FROM managed_policy_version WHERE policy_arn = ? AND version = ?";
  call.sql.exec(statement, arn, version);
}

export function setDefaultPolicyVersion(call: Call, arn: string, version: number): void {
  getPolicyVersion(call, arn, version);
  const statement = "UPDATE managed_policy SET default_version = ?, updated_ms = ? WHERE arn = ?";
  call.sql.exec(statement, version, Date.now(), arn);
  noteUsers(call, arn);
}

function versionOf(row: VersionRow, defaultVersion: number): PolicyVersionRecord {
  return {
    version: row.version,
    isDefault: row.version === defaultVersion,
    createdMs: row.created_ms,
    document: row.document,
  };
}
