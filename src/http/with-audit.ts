import { auditEntry, audited } from "../domain/audit.ts";
import { isAudited, toldParameters } from "../operations/audit/audited-actions.ts";
import type { Caller } from "../protocol/caller.ts";
import { S3Error } from "../protocol/errors.ts";
import { KmsError } from "../protocol/kms/kms-error.ts";
import { QueryError } from "../protocol/query-api/query-error.ts";
import type { QueryNode } from "../protocol/query-api/query-parameters.ts";
import type { AuditEntry } from "../storage/ports/audit-log.ts";
import type { OtherRequest } from "./other-api.ts";

/** An action of an API that is not S3's. */
export interface AuditedCall extends OtherRequest {
  /** `iam` */
  readonly service: string;
  /** The action's. */
  readonly name: string;
  readonly parameters: QueryNode;
}

/**
 * Does what an action does, and tells the audit log of it if it is one of those.
 *
 * @param act is given the entry that is to go along with the change
 */
export async function withAudit<T>(
  call: AuditedCall,
  caller: Caller,
  act: (audit?: AuditEntry) => Promise<T>,
): Promise<T> {
  const { ports, waiter, service, name, parameters } = call;
  if (!isAudited(service, name)) return act();
  const entry = auditEntry({ ...call, caller }, `${service}:${name}`, toldParameters(parameters));
  return audited({ ...ports, waiter }, entry, () => act(entry), codeOf);
}

function codeOf(error: unknown): string | undefined {
  const isOnPurpose =
    error instanceof QueryError || error instanceof KmsError || error instanceof S3Error;
  return isOnPurpose ? error.code : undefined;
}
