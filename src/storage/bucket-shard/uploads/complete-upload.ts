import { ulid } from "../../../lib/ulid.ts";
import { MAX_PARTS } from "../../../protocol/limits.ts";
import {
  completeParts,
  type Completion,
  type CompletionRefusal,
} from "../../../protocol/multipart-completion.ts";
import { UNLIKE_UPLOAD } from "../../../protocol/encryption/customer-key.ts";
import { isWithCustomerKey } from "../../../protocol/encryption/stored-encryption.ts";
import { codeOf, refusalDetail } from "../../../protocol/refusal.ts";
import type { ReplicaDraft } from "../../../protocol/object-record.ts";
import { NULL_VERSION } from "../../../protocol/version-id.ts";
import type { WriteConditions } from "../../../protocol/write-conditions.ts";
import type { CompletedUpload, UploadRecord } from "../../ports/upload-index.ts";
import { addContent } from "../contents/contents.ts";
import { stitchParts } from "../contents/segments.ts";
import { expirationOfRow } from "../objects/expiration.ts";
import { newRow, placeObject } from "../objects/place-object.ts";
import { importedRow, keepNewer, refuseReplica } from "../replication/take-replica.ts";
import { findObject } from "../rows/find-object.ts";
import { checkObject } from "../rows/object-row.ts";
import type { Transaction } from "../transaction.ts";
import { recallCompletion, rememberCompletion } from "./completions.ts";
import { dropOtherParts, listParts, removeUpload } from "./uploads.ts";

/**
 * Makes the listed parts the object of `key`. No byte is moved: the segments of the object refer to the parts' blobs.
 * What is not listed becomes garbage.
 */
export function completeUpload(
  transaction: Transaction,
  key: string,
  uploadId: string,
  completion: Completion,
): CompletedUpload | CompletionRefusal {
  const { sql, counts, state, nowMs } = transaction;
  const page = listParts(transaction, key, uploadId, 0, MAX_PARTS);
  if (page === undefined)
    return recallCompletion(sql, key, uploadId, completion) ?? { ok: false, code: "NoSuchUpload" };
  const { upload } = page;
  if (isWithCustomerKey(upload.encryption) && completion.encryption !== upload.encryption)
    return { ok: false, code: "InvalidRequest", message: UNLIKE_UPLOAD };
  const joined = completeParts(upload, page.parts, completion);
  if (!joined.ok) return joined;
  const existing = findObject(sql, key);
  const { conditions } = completion;
  const refusal = checkObject(conditions, existing);
  if (refusal !== undefined)
    return { ok: false, code: refusal.reason, ...refusalDetail(refusal, { key }) };
  if (isConditional(conditions) && existing?.sequence !== upload.objectSequence)
    return {
      ok: false,
      code: "ConditionalRequestConflict",
      fields: {
        Condition: conditions.ifMatch === undefined ? "If-None-Match" : "If-Match",
        Key: key,
      },
    };

  const replica = replicaOf(upload, completion);
  if (replica === "another")
    return { ok: false, code: "InvalidRequest", message: "The upload is of another version" };
  const refused = replica && refuseReplica(transaction, key, replica);
  if (refused !== undefined)
    return { ok: false, code: codeOf(refused), ...refusalDetail(refused, { key }) };

  const contentId = `${state.name}/${ulid(nowMs)}`;
  const { parts } = completion;
  if (parts.length < page.parts.length) dropOtherParts(transaction, key, uploadId, parts);
  stitchParts(sql, contentId, uploadId);
  addContent(sql, contentId);
  const { storageClass, headers, attributes, access, encryption } = upload;
  const said = { storageClass, headers, attributes, access, encryption };
  const draft = { ...joined, ...said, partCount: parts.length };
  const row = importedRow(newRow(transaction, draft), replica);
  const by = "CompleteMultipartUpload";
  const reservedVersionId = upload.versionId;
  const placement = {
    by,
    key,
    existing,
    row,
    content: contentId,
    reservedVersionId,
    replica,
  } as const;
  const versionId = placeObject(transaction, placement);
  if (replica !== undefined) keepNewer(transaction, key, replica);
  const droppedBytes = removeUpload(transaction, key, uploadId);
  const takenBytes = joined.sizeBytes - droppedBytes;
  counts.subtract({ table: "upload", key, uploadId }, { uploadBytes: takenBytes });
  const expiration = expirationOfRow(transaction, { ...row, key });
  const completed: CompletedUpload = {
    ...joined,
    etag: row.etag,
    versionId,
    encryption,
    expiration,
  };
  rememberCompletion(transaction, key, uploadId, completion, completed);
  return completed;
}

/** What another Ledge puts here, in parts. */
function replicaOf(
  { versionId, attributes }: UploadRecord,
  { newer = [], imported }: Completion,
): ReplicaDraft | "another" | undefined {
  if (imported !== undefined)
    return imported.versionId === (versionId ?? NULL_VERSION) ? { ...imported, newer } : "another";
  return versionId !== undefined && attributes.replication?.status === "REPLICA"
    ? { versionId, newer }
    : undefined;
}

function isConditional({ ifMatch, ifNoneMatch }: WriteConditions): boolean {
  return ifMatch !== undefined || ifNoneMatch !== undefined;
}
