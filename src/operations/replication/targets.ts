import { readDocument } from "../../domain/body/read-document.ts";
import {
  deleteTarget,
  listPutTargets,
  putTarget,
  readPutTarget,
  type ToldTarget,
} from "../../domain/replication-targets.ts";
import { S3Error } from "../../protocol/errors.ts";
import { readJson } from "../../protocol/read-json.ts";
import { isTargetId, targetArn } from "../../protocol/replication/replication-targets.ts";
import { emptyResponse, jsonResponse } from "../../protocol/respond.ts";
import type { S3Request } from "../../protocol/s3-request.ts";
import { ofRootWithMasterKey } from "../accounts/of-root.ts";
import type { AccountContext, AccountOperation } from "../operation.ts";

const PATH = /^replication-targets(?:\/([^/]{1,64}))?$/;
/** The target, and the list of its accounts. */
const MAX_DEPTH = 2;

/** The operations on buckets of other servers, which are the deployment root's. @returns undefined: the request is none of them */
export function targetsOperationFor({
  method,
  key = "",
}: Pick<S3Request, "key" | "method">): AccountOperation | undefined {
  const match = PATH.exec(key);
  if (match === null) return undefined;
  const [, id] = match;
  if (id !== undefined && !isTargetId(id)) return undefined;
  return OPERATIONS[`${method} ${id === undefined ? "targets" : "target"}`];
}

const OPERATIONS: Readonly<Record<string, AccountOperation>> = {
  /** `GET /_ledge/replication-targets` → `{"targets": […]}`, each as {@link shown}, in the order of their ids */
  "GET targets": ofRootWithMasterKey("ListReplicationTargets", async (context) =>
    jsonResponse({ targets: (await listPutTargets(context)).map(shown) }),
  ),
  /** `GET /_ledge/replication-targets/{id}` → {@link shown}; NoSuchEntity */
  "GET target": ofRootWithMasterKey("GetReplicationTarget", async (context) =>
    jsonResponse(shown(await readPutTarget(context, idOf(context)))),
  ),
  /**
   * `PUT /_ledge/replication-targets/{id}`, `{"endpoint", "bucket", "accessKeyId", "secretAccessKey", …}` → `{"arn"}`, which rules name
   * it by; InvalidRequest, EntityAlreadyExists (REPLICATION_TARGETS has that ARN), LimitExceeded (1,000)
   */
  "PUT target": ofRootWithMasterKey("PutReplicationTarget", async (context) => {
    const described = readJson(await readDocument(context), MAX_DEPTH);
    if (!(described instanceof Map))
      throw new S3Error("InvalidRequest", { message: "The document is no JSON object." });
    const id = idOf(context);
    const target = await putTarget(context, id, Object.fromEntries(described));
    return jsonResponse({ arn: targetArn(id, target) });
  }),
  /** `DELETE /_ledge/replication-targets/{id}` → 204; NoSuchEntity */
  "DELETE target": ofRootWithMasterKey("DeleteReplicationTarget", async (context) => {
    await deleteTarget(context, idOf(context));
    return emptyResponse(204);
  }),
};

/** All but the secrets, which nobody is told any more. */
function shown({ id, modifiedMs, target }: ToldTarget): Readonly<Record<string, unknown>> {
  if (target === undefined) return { id, modifiedMs, isUnreadable: true };
  const { endpoint, region, bucket, isLedge, acl, accounts, credentials } = target;
  return {
    id,
    arn: targetArn(id, target),
    endpoint,
    region,
    bucket,
    kind: isLedge ? "ledge" : "s3",
    acl,
    accounts,
    accessKeyId: credentials.accessKeyId,
    modifiedMs,
  };
}

function idOf({ request }: AccountContext): string {
  return PATH.exec(request.key ?? "")?.[1] ?? "";
}
