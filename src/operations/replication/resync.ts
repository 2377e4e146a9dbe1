import { Gate, isPlainOwner } from "../../domain/access/gate.ts";
import { recordIntent } from "../../domain/audit.ts";
import { noSuchBucket } from "../../domain/bucket-owner.ts";
import { jsonResponse } from "../../protocol/respond.ts";
import type { S3Request } from "../../protocol/s3-request.ts";
import type { AccountOperation } from "../operation.ts";

const PATH = /^buckets\/([^/]{1,255})\/replication\/resync$/;
const CHECK = { action: "s3:PutReplicationConfiguration", on: "bucket" } as const;

/** @returns undefined: the request is about something else */
export function replicationOperationFor({
  method,
  key = "",
}: Pick<S3Request, "key" | "method">): AccountOperation | undefined {
  return method === "POST" && PATH.test(key) ? RESYNC : undefined;
}

/**
 * `POST /_ledge/buckets/{name}/replication/resync` → `{"destinations"}`: what was given up goes once more to all destinations, and so does,
 * where their rules say so, what was there before. Whoever may put the bucket's replication may do it; NoSuchBucket, AccessDenied.
 */
const RESYNC: AccountOperation = {
  name: "ResyncReplication",
  scope: "account",
  access: () => [],
  decidesItself: true,
  async handle(context) {
    const [, name = ""] = PATH.exec(context.request.key ?? "") ?? [];
    const bucket = await context.directory.find(name);
    if (bucket === undefined) throw noSuchBucket(name);
    const { caller } = context;
    if (!isPlainOwner(caller, bucket)) {
      const request = { ...context.request, bucket: name, key: undefined };
      // Made, it has decided.
      void new Gate({ ...context, request }, bucket, { checks: [CHECK], on: "bucket" });
    }
    await recordIntent(context);
    return jsonResponse({ destinations: await context.indexOf(bucket).resync() });
  },
};
