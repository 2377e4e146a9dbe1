import { requireMasterKey } from "../../domain/accounts.ts";
import { isSigned } from "../../protocol/caller.ts";
import { S3Error } from "../../protocol/errors.ts";
import type { AccountContext, AccountOperation } from "../operation.ts";

type Handle = (context: AccountContext) => Promise<Response>;

/** An operation of the deployment's root alone. Whoever else asks is not told what there is. */
export function ofRoot(name: string, handle: Handle): AccountOperation {
  return {
    name,
    scope: "account",
    // No policy can allow it to anybody.
    access: () => [],
    async handle(context) {
      const { caller } = context;
      if (!isSigned(caller) || caller.isDeploymentRoot !== true) throw new S3Error("AccessDenied");
      return handle(context);
    },
  };
}

/** One that there is only where secrets can be sealed. */
export function ofRootWithMasterKey(name: string, handle: Handle): AccountOperation {
  return ofRoot(name, async (context) => {
    requireMasterKey(context);
    return handle(context);
  });
}
