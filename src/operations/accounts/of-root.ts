import { requireMasterKey } from "../../domain/accounts.ts";
import { isSigned } from "../../protocol/caller.ts";
import { S3Error } from "../../protocol/errors.ts";
import type { AccountContext, AccountOperation } from "../operation.ts";

/** An operation of the deployment's root alone. Whoever else asks is not told whether there are accounts. */
export function ofRoot(
  name: string,
  handle: (context: AccountContext) => Promise<Response>,
): AccountOperation {
  return {
    name,
    scope: "account",
    // No policy can allow it to anybody.
    access: () => [],
    async handle(context) {
      const { caller } = context;
      if (!isSigned(caller) || caller.isDeploymentRoot !== true) throw new S3Error("AccessDenied");
      requireMasterKey(context);
      return handle(context);
    },
  };
}
