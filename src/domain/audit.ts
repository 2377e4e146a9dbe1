import { boundedText } from "../lib/bounded-text.ts";
import { log } from "../lib/log.ts";
import { type Caller, isSigned } from "../protocol/caller.ts";
import type { S3Request } from "../protocol/s3-request.ts";
import type { Waiter } from "../lib/waiter.ts";
import type { AuditEntry, AuditLog } from "../storage/ports/audit-log.ts";
import { connectionOf } from "./access/connection.ts";

/** Of a text that a client may make as long as it likes. */
const MAX_CHARACTERS = 256;
const MAX_PARAMETERS = 20;

/** What is needed to write an entry. */
interface Audited {
  readonly caller: Caller;
  readonly request: S3Request;
  readonly requestId: string;
}

/** @param parameters what the request is about; no secret may be among them */
export function auditEntry(
  { caller, request, requestId }: Audited,
  action: string,
  parameters: Readonly<Record<string, string>>,
): AuditEntry {
  const { address } = connectionOf(request);
  const userAgent = request.headers.get("user-agent");
  const told = Object.entries(parameters).slice(0, MAX_PARAMETERS);
  return {
    timeMs: Date.now(),
    requestId,
    accountId: isSigned(caller) ? caller.account.id : undefined,
    principal: isSigned(caller) ? caller.arn : caller.kind,
    principalId: isSigned(caller) ? caller.userId : caller.kind,
    action,
    parameters: Object.fromEntries(
      told.map(([name, value]) => [name, boundedText(value, MAX_CHARACTERS)]),
    ),
    ...(address !== undefined && { sourceIp: address }),
    ...(userAgent !== null && { userAgent: boundedText(userAgent, MAX_CHARACTERS) }),
  };
}

interface Ports {
  readonly auditLog: AuditLog;
  readonly waiter: Waiter;
}

/**
 * Does something that is audited, and writes a line of it to the log. What is done has its entry in the Directory by then; what is
 * refused gets one afterwards, unless nobody has signed it: anybody could send any number of those.
 *
 * @param codeOf an error's; undefined: it is none that was thrown on purpose
 */
export async function audited<T>(
  { auditLog, waiter }: Ports,
  entry: AuditEntry,
  act: () => Promise<T>,
  codeOf: (error: unknown) => string | undefined,
): Promise<T> {
  try {
    const result = await act();
    logEntry(entry, undefined);
    return result;
  } catch (error) {
    const code = codeOf(error) ?? "InternalError";
    logEntry(entry, code);
    if (REFUSALS.has(code) && entry.accountId !== undefined)
      waiter.waitUntil(auditLog.recordRefusal(entry, code).catch(ignoreFailure));
    throw error;
  }
}

/**
 * Keeps the entry of something that the Directory has no part in, before it is done: none is done without one.
 *
 * @param context `audit` is undefined where the operation is not audited
 */
export async function recordIntent({
  audit,
  auditLog,
}: {
  readonly audit?: AuditEntry | undefined;
  readonly auditLog: AuditLog;
}): Promise<void> {
  if (audit !== undefined) await auditLog.recordIntent(audit);
}

const REFUSALS = new Set(["AccessDenied", "InvalidClientTokenId", "MethodNotAllowed"]);

function logEntry({ timeMs, ...entry }: AuditEntry, refused: string | undefined): void {
  log("log", "audit", { time: new Date(timeMs).toISOString(), ...entry, refused });
}

/** The line of it is in the log. */
function ignoreFailure(error: unknown): void {
  log("warn", "refusal not recorded", { error: String(error) });
}
