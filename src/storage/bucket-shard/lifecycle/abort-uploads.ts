import { uploadAbortOf } from "../../../protocol/lifecycle/lifecycle-headers.ts";
import type { Lifecycle } from "../../../protocol/lifecycle/lifecycle.ts";
import type { Transaction } from "../transaction.ts";
import { removeUpload } from "../uploads/uploads.ts";
import type { LifecycleTally } from "./lifecycle-totals.ts";
import type { ScanCursor, UploadPosition } from "./scan-cursor.ts";

/** Uploads that one slice looks at. */
const BATCH = 1000;
/** Those that it aborts; each may have 10,000 parts. */
const MAX_ABORTS = 10;

interface UploadRow extends Record<string, SqlStorageValue> {
  key: string;
  upload_id: string;
  initiated_ms: number;
}

/**
 * Aborts the uploads that a rule says are due, and where no rule is about the key, those that count as abandoned anyway.
 *
 * @returns where the scan goes on
 */
export function abortUploads(
  transaction: Transaction,
  lifecycle: Lifecycle,
  after: UploadPosition,
  nowMs: number,
  tally: LifecycleTally,
): ScanCursor {
  const { sql, settings } = transaction;
  const rows = sql
    .exec<UploadRow>(
      `SELECT key, upload_id, initiated_ms FROM upload WHERE (initiated_ms, key, upload_id) > (?, ?, ?)
       ORDER BY initiated_ms, key, upload_id LIMIT ${BATCH}`,
      after.initiatedMs,
      after.key,
      after.uploadId,
    )
    .toArray();
  let aborts = 0;
  for (const { key, upload_id: uploadId, initiated_ms: initiatedMs } of rows) {
    const { dayMs } = settings.lifecycle;
    const dueMs =
      uploadAbortOf(lifecycle, key, initiatedMs, dayMs)?.abortMs ??
      (settings.uploadExpiryMs > 0 ? initiatedMs + settings.uploadExpiryMs : Infinity);
    if (dueMs > nowMs) continue;
    tally.add("AbortIncompleteMultipartUpload", removeUpload(transaction, key, uploadId));
    aborts += 1;
    if (aborts === MAX_ABORTS) return { phase: "uploads", after: { key, uploadId, initiatedMs } };
  }
  const last = rows.at(-1);
  if (last === undefined || rows.length < BATCH) return { phase: "zones", from: "" };
  const { key, upload_id: uploadId, initiated_ms: initiatedMs } = last;
  return { phase: "uploads", after: { key, uploadId, initiatedMs } };
}
