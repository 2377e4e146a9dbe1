import { exportPage, exportUploadPage } from "../../domain/backup/export-rows.ts";
import { noSuchBucket, ownerOf } from "../../domain/bucket-owner.ts";
import { S3Error } from "../../protocol/errors.ts";
import { jsonResponse } from "../../protocol/respond.ts";
import type { S3Request } from "../../protocol/s3-request.ts";
import { ofRoot } from "../accounts/of-root.ts";
import type { AccountContext, AccountOperation } from "../operation.ts";
import { invalid } from "./read-json.ts";

const PATH = /^buckets\/([^/]{1,255})\/backup(\/rows|\/uploads|\/annotations)?$/;
const BLOB = /^blobs\/([0-9A-Za-z-]{1,64}\/\d{1,4}\/[0-9a-hjkmnp-tv-z]{26})$/;

/** What `ledge backup` reads; `docs/backup.md` describes it. @returns undefined: the request is about none of it */
export function backupOperationFor({
  method,
  key = "",
}: Pick<S3Request, "key" | "method">): AccountOperation | undefined {
  if (method !== "GET") return undefined;
  if (BLOB.test(key)) return GET_STORED_BLOB;
  const match = PATH.exec(key);
  return match === null ? undefined : OPERATIONS[match[1] === undefined ? "" : (match[2] ?? "")];
}

/** `GET /_ledge/blobs/{id}`: the bytes as they are stored; encrypted ones stay so. InvalidRequest: there is no such blob */
const GET_STORED_BLOB = ofRoot("GetStoredBlob", async ({ request, blobs }) => {
  const [, id = ""] = BLOB.exec(request.key ?? "") ?? [];
  const sizeBytes = await blobs.storedSizeOf(id);
  if (sizeBytes === undefined) throw invalid("There is no such blob");
  // A range needs a byte at least.
  const body = sizeBytes === 0 ? new Uint8Array() : (await blobs.read(id, undefined)).body;
  return new Response(body, { headers: { "content-length": String(sizeBytes) } });
});

const OPERATIONS: Readonly<Record<string, AccountOperation>> = {
  /** `GET /_ledge/buckets/{name}/backup` → `{"bucket", "documents", "keys", "shards"}`; NoSuchBucket, OperationAborted (it is being restored) */
  "": ofRoot("ExportBucket", async (context) => {
    const { backups, indexOf, settings } = context;
    const name = nameOf(context);
    const exported = await backups.exportBucket(name);
    if (exported === undefined) throw noSuchBucket(name);
    if (exported === "restoring")
      throw new S3Error("OperationAborted", {
        message: `The bucket ${name} is being restored, and is not whole before that has ended`,
      });
    const { bucket } = exported;
    const keys = await backups.exportKeys(ownerOf(bucket, settings.account).id);
    return jsonResponse({ ...exported, keys, shards: indexOf(bucket).shardNames() });
  }),
  /** `GET /_ledge/buckets/{name}/backup/rows?shard=&after=` → `{"versions", "next"}`; NoSuchBucket */
  "/rows": ofRoot("ExportRows", async (context) => {
    const after = context.request.query.get("after") ?? "";
    return jsonResponse(await exportPage(context, await shardOf(context), after));
  }),
  /** `GET /_ledge/buckets/{name}/backup/uploads?shard=&after=` → `{"uploads": [{"columns", "parts"}], "next"}`; NoSuchBucket */
  "/uploads": ofRoot("ExportUploads", async (context) => {
    const after = context.request.query.get("after") ?? "";
    return jsonResponse(await exportUploadPage(context, await shardOf(context), after));
  }),
  /** `GET /_ledge/buckets/{name}/backup/annotations?shard=&sequence=&after=` → `{"annotations"}`, at most 4; NoSuchBucket */
  "/annotations": ofRoot("ExportAnnotations", async (context) => {
    const { request, inspection } = context;
    const shardName = await shardOf(context);
    const sequence = Number(request.query.get("sequence"));
    const after = request.query.get("after") ?? "";
    return jsonResponse({
      annotations: await inspection.inspect(shardName, "exportAnnotations", sequence, after),
    });
  }),
};

function nameOf({ request }: AccountContext): string {
  return PATH.exec(request.key ?? "")?.[1] ?? "";
}

async function shardOf(context: AccountContext): Promise<string> {
  const name = nameOf(context);
  const bucket = await context.directory.find(name);
  if (bucket === undefined) throw noSuchBucket(name);
  const wanted = context.request.query.get("shard");
  const shardName = context
    .indexOf(bucket)
    .shardNames()
    .find((each) => each === wanted);
  if (shardName === undefined) throw invalid("The bucket has no such shard");
  return shardName;
}
