import type { S3Request } from "../../protocol/s3-request.ts";
import type { AccountOperation } from "../operation.ts";
import { accountBackupOperationFor } from "./account-backup.ts";
import { backupOperationFor } from "./backup.ts";
import { checkOperationFor } from "./check.ts";
import { restoreOperationFor } from "./restore.ts";
import { restoreUploadsOperationFor } from "./restore-uploads.ts";

/** For whoever keeps a deployment's data: checks, backups, and restores. @returns undefined: the request is about none of them */
export function maintenanceOperationFor(
  request: Pick<S3Request, "key" | "method">,
): AccountOperation | undefined {
  return (
    checkOperationFor(request) ??
    backupOperationFor(request) ??
    restoreOperationFor(request) ??
    restoreUploadsOperationFor(request) ??
    accountBackupOperationFor(request)
  );
}
