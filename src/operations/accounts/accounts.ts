import { deleteAccount, putAccount, putBootstrapAccounts } from "../../domain/accounts.ts";
import { readDocument } from "../../domain/body/read-document.ts";
import { readAccount, readAccounts } from "../../protocol/accounts-document.ts";
import { emptyResponse, jsonResponse } from "../../protocol/respond.ts";
import type { S3Request } from "../../protocol/s3-request.ts";
import type { AccountContext, AccountOperation, BucketOperation } from "../operation.ts";
import { bucketEdgeOperationFor } from "../edge/bucket-edge.ts";
import { listenAsServerSentEvents } from "../events/listen.ts";
import { growOperationFor } from "../bucket/grow-bucket.ts";
import { deadLettersOperationFor } from "../events/dead-letters.ts";
import { replicationOperationFor } from "../replication/resync.ts";
import { targetsOperationFor } from "../replication/targets.ts";
import { quotaOperationFor } from "../quota/bucket-quota.ts";
import { getMetrics } from "../metrics/get-metrics.ts";
import { maintenanceOperationFor } from "../maintenance/maintenance.ts";
import { listAuditEvents } from "../audit/list-audit-events.ts";
import { SEAL_ANEW } from "./master-key.ts";
import { ofRootWithMasterKey } from "./of-root.ts";

/** Of thousands of accounts. */
const MAX_DOCUMENT_BYTES = 1024 * 1024;

/** Of what concerns one bucket. */
const OF_BUCKETS = [
  deadLettersOperationFor,
  maintenanceOperationFor,
  replicationOperationFor,
  bucketEdgeOperationFor,
  quotaOperationFor,
  growOperationFor,
];

const PATH = /^accounts(?:\/(\d{12}))?$/;

/**
 * What is below `/_ledge/`, which cannot be a bucket: the accounts beside the deployment's own, the master key that their
 * secrets are sealed with, the audit log, buckets of other servers, the metrics, what could not be delivered of events, and how buckets are read at the edge. They are not
 * S3's; requests are signed as S3's are, by the deployment's root unless it is about one bucket, errors are S3's documents, and all
 * else is JSON. `docs/accounts.md` describes it, and of buckets `docs/events.md` and `docs/edge.md`.
 *
 * @returns undefined: there is no such thing
 */
export function accountsOperationFor({
  method,
  key = "",
}: S3Request): AccountOperation | BucketOperation | undefined {
  if (key === "master-key" && method === "POST") return SEAL_ANEW;
  const ofTargets = targetsOperationFor({ method, key });
  if (ofTargets !== undefined) return ofTargets;
  if (key === "audit" && method === "GET") return listAuditEvents;
  if (key === "metrics" && method === "GET") return getMetrics;
  if (key === "events" && method === "GET") return listenAsServerSentEvents;
  const match = PATH.exec(key);
  if (match === null) {
    for (const operationFor of OF_BUCKETS) {
      const operation = operationFor({ method, key });
      if (operation !== undefined) return operation;
    }
    return undefined;
  }
  return OPERATIONS[`${method} ${match[1] === undefined ? "accounts" : "account"}`];
}

const OPERATIONS: Readonly<Record<string, AccountOperation>> = {
  /** `GET /_ledge/accounts` → `{"accounts": [{"id", "canonicalId", "displayName", "email", "createdMs", "origin", "accessKeyIds"}]}` */
  "GET accounts": ofRootWithMasterKey("ListAccounts", async ({ accounts }) =>
    jsonResponse({ accounts: await accounts.listAccounts() }),
  ),
  /** `PUT /_ledge/accounts`: what `ledge serve --accounts` is given. 204; InvalidRequest, EntityAlreadyExists */
  "PUT accounts": ofRootWithMasterKey("PutBootstrapAccounts", async (context) => {
    const document = await readDocument(context, MAX_DOCUMENT_BYTES);
    await putBootstrapAccounts(context, readAccounts(document));
    return emptyResponse(204);
  }),
  /** `PUT /_ledge/accounts/{id}`: one element of that. 204; InvalidRequest, EntityAlreadyExists */
  "PUT account": ofRootWithMasterKey("PutAccount", async (context) => {
    const document = await readDocument(context);
    await putAccount(context, readAccount(document, idOf(context)));
    return emptyResponse(204);
  }),
  /** `DELETE /_ledge/accounts/{id}` → 204; NoSuchEntity, DeleteConflict (it owns buckets) */
  "DELETE account": ofRootWithMasterKey("DeleteAccount", async (context) => {
    await deleteAccount(context, idOf(context));
    return emptyResponse(204);
  }),
};

function idOf({ request }: AccountContext): string {
  return PATH.exec(request.key ?? "")?.[1] ?? "";
}
