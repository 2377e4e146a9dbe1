import {
  blobsOfUpload,
  checkRestoredUpload,
  isRestoredUpload,
} from "../../domain/backup/read-restored-upload.ts";
import { jsonResponse } from "../../protocol/respond.ts";
import type { S3Request } from "../../protocol/s3-request.ts";
import type { RestoredUpload } from "../../storage/ports/backup-rows.ts";
import { ofRoot } from "../accounts/of-root.ts";
import type { AccountOperation } from "../operation.ts";
import { invalid, objectsIn, readJson } from "./read-json.ts";
import { MAX_RESTORED_BYTES, movedColumns, requireBlobs, restoringOf } from "./restoring.ts";

const PATH = /^buckets\/([^/]{1,255})\/restore\/uploads(\/look)?$/;

/** What `ledge restore` writes of uploads under way. @returns undefined: the request is about none */
export function restoreUploadsOperationFor({
  method,
  key = "",
}: Pick<S3Request, "key" | "method">): AccountOperation | undefined {
  const match = PATH.exec(key);
  return match === null ? undefined : OPERATIONS[`${method} ${match[2] ?? ""}`];
}

type UploadName = readonly [key: string, uploadId: string];

const OPERATIONS: Readonly<Record<string, AccountOperation>> = {
  /** `POST …/restore/uploads/look` with `{"uploads": [[key, id], …]}` → `{"found": [{"shard", "parts"}]}`, without parts where there is none yet */
  "POST /look": ofRoot("LookForUploads", async (context) => {
    const { index } = await restoringOf(context);
    const { uploads = [] } = await readJson<{ uploads: readonly UploadName[] }>(
      context,
      MAX_RESTORED_BYTES,
    );
    const isNamed = (name: unknown): boolean =>
      Array.isArray(name) && name.length === 2 && name.every((each) => typeof each === "string");
    if (!Array.isArray(uploads) || !uploads.every(isNamed))
      throw invalid("The document has no list of keys and uploads");
    const found: object[] = [];
    for (const upload of uploads) {
      const shard = index.shardNameOf(upload[0]);
      const [parts] = await context.inspection.inspect(shard, "lookForParts", [upload]);
      found.push({ shard, parts });
    }
    return jsonResponse({ found });
  }),
  /** `POST …/restore/uploads` with `{"from", "uploads"}` → `{"outcomes": [["imported", …], …]}`, of each part; InvalidRequest for one that is not sound */
  "POST ": ofRoot("ImportUploads", async (context) => {
    const { index } = await restoringOf(context);
    const { from, uploads = [] } = await readJson<{
      from: string;
      uploads: readonly RestoredUpload[];
    }>(context, MAX_RESTORED_BYTES);
    if (typeof from !== "string")
      throw invalid("The document does not say which bucket it is from");
    const restored = objectsIn<RestoredUpload>(uploads, "uploads");
    if (!restored.every(isRestoredUpload)) throw invalid("An upload is not made as one");
    const outcomes: (readonly string[])[] = [];
    for (const upload of restored) {
      const moved = { ...upload, columns: movedColumns(upload.columns, from) };
      const shard = index.shardNameOf(String(moved.columns["key"]));
      checkRestoredUpload(moved, shard);
      await requireBlobs(context, blobsOfUpload(moved));
      const [done = []] = await context.inspection.repair(shard, "importUploads", [moved]);
      outcomes.push(done);
    }
    return jsonResponse({ outcomes });
  }),
};
