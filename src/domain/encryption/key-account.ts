import type { Caller } from "../../protocol/caller.ts";
import { S3Error } from "../../protocol/errors.ts";
import { accountOf } from "../bucket-owner.ts";

/**
 * KMS keys are used by callers of their own account only: no key policy lets anybody else, whatever the bucket's policy or the
 * object's ACL says. A service counts as the account that it acts for.
 *
 * @throws S3Error AccessDenied
 */
export function requireKeyAccount(caller: Caller, accountId: string): void {
  const { id } = caller.kind === "service" ? { id: caller.sourceAccountId } : accountOf(caller);
  if (id !== accountId) throw new S3Error("AccessDenied");
}
