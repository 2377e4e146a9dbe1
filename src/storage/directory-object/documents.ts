import type { Part } from "../../protocol/bucket-configuration.ts";
import type { DocumentChange, DocumentPage, ShardPart } from "../ports/bucket-directory.ts";

/** Those of one of the parts that are read as a whole: by kind, and those of which a bucket has several by `kind/id`. */
export function documentsOfPart(
  sql: SqlStorage,
  bucketId: string,
  part: Exclude<Part, "directory">,
): [name: string, body: string][] {
  const rows = sql.exec<{ kind: string; id: string; body: string }>(
    // That the part is not the Directory's lets SQLite take the index.
    `SELECT kind, id, body FROM bucket_document
     WHERE bucket_id = ? AND part = ? AND part <> 'directory' ORDER BY kind, id`,
    bucketId,
    part,
  );
  return rows.toArray().map(({ kind, id, body }) => [id === "" ? kind : `${kind}/${id}`, body]);
}

/** As JSON, put together of texts: the Directory has no use for what they say. */
export function shardPartOf(sql: SqlStorage, bucketId: string, revision: number): ShardPart {
  const members = documentsOfPart(sql, bucketId, "shard").map(
    ([name, body]) => `${JSON.stringify(name)}:${body}`,
  );
  return { revision, documents: `{${members.join(",")}}` };
}

export function documentBody(
  sql: SqlStorage,
  bucketId: string,
  kind: string,
  id: string,
): string | undefined {
  const query = "SELECT body FROM bucket_document WHERE bucket_id = ? AND kind = ? AND id = ?";
  return sql.exec<{ body: string }>(query, bucketId, kind, id).toArray()[0]?.body;
}

export function documentsOfKind(
  sql: SqlStorage,
  bucketId: string,
  kind: string,
  after: string,
  limit: number,
): DocumentPage {
  const query =
    "SELECT id, body FROM bucket_document WHERE bucket_id = ? AND kind = ? AND id > ? ORDER BY id LIMIT ?";
  const found = sql.exec<{ id: string; body: string }>(query, bucketId, kind, after, limit + 1);
  const documents = found.toArray();
  return { documents: documents.slice(0, limit), isTruncated: documents.length > limit };
}

export function countOfKind(sql: SqlStorage, bucketId: string, kind: string): number {
  const query = "SELECT COUNT(*) AS count FROM bucket_document WHERE bucket_id = ? AND kind = ?";
  return sql.exec<{ count: number }>(query, bucketId, kind).one().count;
}

export function changeDocument(
  sql: SqlStorage,
  bucketId: string,
  { kind, id, part, body }: Omit<DocumentChange, "flags">,
): void {
  if (body === undefined) {
    const statement = "DELETE FROM bucket_document WHERE bucket_id = ? AND kind = ? AND id = ?";
    sql.exec(statement, bucketId, kind, id);
    return;
  }
  sql.exec(
    `INSERT INTO bucket_document (bucket_id, kind, id, part, revision, modified_ms, body)
     VALUES (?, ?, ?, ?, 1, ?, ?)
     ON CONFLICT DO UPDATE SET
       part = excluded.part, revision = revision + 1, modified_ms = excluded.modified_ms, body = excluded.body`,
    bucketId,
    kind,
    id,
    part,
    Date.now(),
    body,
  );
}

export function deleteDocuments(sql: SqlStorage, bucketId: string): void {
  sql.exec("DELETE FROM bucket_document WHERE bucket_id = ?", bucketId);
}
