import { ANONYMOUS_CANONICAL_ID, isSigned } from "../protocol/caller.ts";
import type { Origin } from "../protocol/events/origin.ts";
import type { AccountContext, Operation } from "../operations/operation.ts";
import { connectionOf } from "../domain/access/connection.ts";
import type { RequestIds } from "./request-ids.ts";

/** What the record of an event tells of the request that brought it about. */
export function originOfRequest(
  { name: operation }: Operation,
  { caller, request }: Pick<AccountContext, "caller" | "request">,
  { requestId, hostId }: RequestIds,
): Origin {
  const sourceIp = connectionOf(request).address ?? "";
  const account = isSigned(caller) ? { accountId: caller.account.id } : {};
  const { bucket: bucketName } = request;
  const named = bucketName === undefined ? {} : { bucketName };
  const who = { principalId: principalId(caller), ...account, sourceIp };
  return { ...who, requestId, hostId, operation, ...named };
}

function principalId(caller: AccountContext["caller"]): string {
  if (!isSigned(caller)) return caller.kind === "service" ? caller.name : ANONYMOUS_CANONICAL_ID;
  return caller.kind === "root" ? caller.userId : `AWS:${caller.userId}`;
}
