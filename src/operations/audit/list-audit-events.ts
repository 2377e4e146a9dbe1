import { ACCOUNT_ID } from "../../protocol/owner.ts";
import { S3Error } from "../../protocol/errors.ts";
import { jsonResponse } from "../../protocol/respond.ts";
import { ofRoot } from "../accounts/of-root.ts";

const DEFAULT_EVENTS = 100;
const MAX_EVENTS = 1000;

/**
 * `GET /_ledge/audit?account=…&before=…&limit=…` → `{"events": [{"id", "time", "principal", "action", …}], "next": 42}`: what was
 * changed of who may do what, and what was refused, the last first; `before=42` goes on. `docs/accounts.md` describes it.
 *
 * Errors: AccessDenied, InvalidRequest.
 */
export const listAuditEvents = ofRoot("ListAuditEvents", async ({ request, auditLog }) => {
  const accountId = request.query.get("account") ?? undefined;
  if (accountId !== undefined && accountId !== "" && !ACCOUNT_ID.test(accountId))
    throw invalid("account");
  const limit = numberOf(request.query, "limit") ?? DEFAULT_EVENTS;
  if (limit < 1 || limit > MAX_EVENTS) throw invalid("limit");
  const before = numberOf(request.query, "before");
  const events = await auditLog.listEvents({ accountId, before, limit });
  const next = events.length < limit ? undefined : events.at(-1)?.id;
  return jsonResponse({
    events: events.map(({ id, timeMs, ...event }) => ({
      id,
      time: new Date(timeMs).toISOString(),
      ...event,
    })),
    next,
  });
});

function numberOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw invalid(name);
  return Number(text);
}

function invalid(name: string): S3Error {
  return new S3Error("InvalidRequest", { message: `The parameter ${name} is not valid.` });
}
