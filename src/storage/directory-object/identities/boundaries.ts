import type { PolicyName } from "../../ports/identity-directory.ts";
import { type Call, Refusal } from "./call.ts";
import { entityRow, tableOf } from "./entities.ts";
import { isOwnPolicy } from "./managed-policies.ts";

/** ARNs of AWS's own are vouched for by the gateway. */
const OF_AWS = "arn:aws:iam::aws:policy/";

/** @throws Refusal NoSuchEntity */
export function requireBoundary(call: Call, arn: string | undefined): void {
  if (arn === undefined || arn.startsWith(OF_AWS) || isOwnPolicy(call, arn)) return;
  throw new Refusal("NoSuchEntity", `Scope ARN: ${arn} does not exist or is not attachable.`);
}

export function putBoundary(
  call: Call,
  kind: "role" | "user",
  name: string,
  policy: PolicyName | undefined,
): void {
  const { id } = entityRow(call, kind, name);
  requireBoundary(call, policy?.arn);
  const statement = `UPDATE ${tableOf(kind)} SET boundary_arn = ? WHERE id = ?`;
  call.sql.exec(statement, policy?.arn ?? null, id);
  call.changed.add(id);
}
