import { dropReferences } from "../contents/contents.ts";
import { PAGE_FINDINGS, pageOf, type ShardCheck } from "./shard-check.ts";

export const orphanParts: ShardCheck = {
  name: "orphan-parts",
  means: "there are parts of an upload that is not there, which keep their bytes for ever",
  repair: "deletes them; their bytes go when nothing else refers to them",
  find({ sql }, after) {
    const rows = sql.exec<{ upload_id: string; count: number }>(
      `SELECT upload_id, COUNT(*) AS count FROM part
       WHERE upload_id > ? AND upload_id NOT IN (SELECT upload_id FROM upload)
       GROUP BY upload_id ORDER BY upload_id LIMIT ?`,
      after,
      PAGE_FINDINGS,
    );
    const findings = rows.toArray().map(({ upload_id: subject, count }) => ({
      subject,
      detail: `the upload is unknown, and has ${count} parts`,
    }));
    return pageOf(findings, undefined);
  },
  mend(transaction, subjects) {
    return subjects.filter((uploadId) => {
      const parts = transaction.sql
        .exec<{ content_id: string }>(
          `DELETE FROM part WHERE upload_id = ?1
           AND NOT EXISTS (SELECT 1 FROM upload WHERE upload_id = ?1) RETURNING content_id`,
          uploadId,
        )
        .toArray();
      for (const { content_id: contentId } of parts) dropReferences(transaction, contentId);
      return parts.length > 0;
    });
  },
};
