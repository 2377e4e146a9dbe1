import type { MovedRecord, MovePosition } from "../../wire/growth.ts";
import type { ObjectRow, VersionRow } from "../rows/object-row.ts";
import type { PresentKinds } from "./present-kinds.ts";

// All that belongs to a key, in an order that stays the same while nothing is written to it: so whoever has got as far as one record
// is told what comes behind it.

/** Rows of one query. */
const PAGE = 100;

export interface OutgoingRecord {
  readonly position: MovePosition;
  readonly record: MovedRecord;
  /** What the row, part, or segments refer to. */
  readonly contentIds: readonly string[];
  readonly sizeBytes: number;
}

type Row = Record<string, SqlStorageValue>;

/** Sorts before all keys, and stands for the completions of before the growth, of which nobody knows whose they are. */
export const NO_KEY = "";

/** Rows page after page, each query from behind the last row; read to its end each. */
function* paged<T>(pageAfter: (last: T | undefined) => readonly T[]): Generator<T, undefined> {
  let last: T | undefined;
  for (;;) {
    const page = pageAfter(last);
    yield* page;
    last = page.at(-1);
    if (page.length < PAGE) return;
  }
}

/** @param after a record of this key; undefined: from its first on */
export function* outgoingRecords(
  sql: SqlStorage,
  key: string,
  after: MovePosition | undefined,
  present: PresentKinds,
): Generator<OutgoingRecord, undefined> {
  const stage = after === undefined ? 0 : stageOf(after);
  if (stage <= VERSIONS) yield* versions(sql, key, after, present);
  if (present.uploads && stage <= UPLOADS)
    yield* uploads(sql, key, stage === UPLOADS ? after : undefined);
  if (present.completions && stage <= COMPLETIONS)
    yield* completions(sql, key, stage === COMPLETIONS ? after : undefined);
  if (present.events) yield* events(sql, key, after?.event);
}

const [VERSIONS, UPLOADS, COMPLETIONS, EVENTS] = [0, 1, 2, 3] as const;

function stageOf(position: MovePosition): number {
  if (position.event !== undefined) return EVENTS;
  if (position.isCompletion === true) return COMPLETIONS;
  return position.uploadId === undefined ? VERSIONS : UPLOADS;
}

/** The newest first, each with its body, and its annotations behind it. */
function* versions(
  sql: SqlStorage,
  key: string,
  after: MovePosition | undefined,
  present: PresentKinds,
): Generator<OutgoingRecord, undefined> {
  const { sequence: afterSequence, name } = after ?? {};
  if (afterSequence !== undefined) yield* annotations(sql, key, afterSequence, name ?? "");
  const rows = paged<ObjectRow | VersionRow>((last) => {
    const below = last?.sequence ?? afterSequence ?? Number.MAX_SAFE_INTEGER;
    // The object is newer than all of them.
    const object = sql
      .exec<ObjectRow>("SELECT * FROM object WHERE key = ? AND sequence < ?", key, below)
      .toArray();
    if (!present.versions) return object;
    const older = sql.exec<VersionRow>(
      "SELECT * FROM version WHERE key = ? AND sequence < ? ORDER BY sequence DESC LIMIT ?",
      key,
      below,
      PAGE - object.length,
    );
    return [...object, ...older.toArray()];
  });
  for (const row of rows) {
    const { sequence, content_id: contentId } = row;
    const hasBody = contentId === null && !("is_marker" in row && row.is_marker === 1);
    const body = hasBody ? inlineBody(sql, sequence) : undefined;
    yield {
      position: { key, sequence },
      record: { kind: "version", row, body },
      contentIds: contentId === null ? [] : [contentId],
      sizeBytes: sizeOf(row) + (body?.byteLength ?? 0),
    };
    if (present.annotations) yield* annotations(sql, key, sequence, "");
  }
}

function inlineBody(sql: SqlStorage, sequence: number): ArrayBuffer | undefined {
  const query = "SELECT bytes FROM inline_body WHERE sequence = ?";
  return sql.exec<{ bytes: ArrayBuffer }>(query, sequence).toArray()[0]?.bytes;
}

function* annotations(
  sql: SqlStorage,
  key: string,
  sequence: number,
  afterName: string,
): Generator<OutgoingRecord, undefined> {
  let name = afterName;
  for (;;) {
    // Of up to 1 MiB each: one at a time.
    const [row] = sql
      .exec<Row & { name: string }>(
        "SELECT * FROM annotation WHERE sequence = ? AND name > ? ORDER BY name LIMIT 1",
        sequence,
        name,
      )
      .toArray();
    if (row === undefined) return;
    ({ name } = row);
    const position = { key, sequence, name };
    yield { position, record: { kind: "annotation", row }, contentIds: [], sizeBytes: sizeOf(row) };
  }
}

/** Each with its parts behind it. */
function* uploads(
  sql: SqlStorage,
  key: string,
  after: MovePosition | undefined,
): Generator<OutgoingRecord, undefined> {
  const { uploadId: afterUpload, partNumber } = after ?? {};
  if (afterUpload !== undefined) yield* parts(sql, key, afterUpload, partNumber ?? 0);
  const rows = paged<Row & { upload_id: string }>((last) =>
    sql
      .exec<Row & { upload_id: string }>(
        "SELECT * FROM upload WHERE key = ? AND upload_id > ? ORDER BY upload_id LIMIT ?",
        key,
        last?.upload_id ?? afterUpload ?? "",
        PAGE,
      )
      .toArray(),
  );
  for (const row of rows) {
    const { upload_id: uploadId } = row;
    const record = { kind: "upload", row } as const;
    yield { position: { key, uploadId }, record, contentIds: [], sizeBytes: sizeOf(row) };
    yield* parts(sql, key, uploadId, 0);
  }
}

type PartRow = Row & { part_number: number; content_id: string };

function* parts(
  sql: SqlStorage,
  key: string,
  uploadId: string,
  afterNumber: number,
): Generator<OutgoingRecord, undefined> {
  const rows = paged<PartRow>((last) =>
    sql
      .exec<PartRow>(
        "SELECT * FROM part WHERE upload_id = ? AND part_number > ? ORDER BY part_number LIMIT ?",
        uploadId,
        last?.part_number ?? afterNumber,
        PAGE,
      )
      .toArray(),
  );
  for (const row of rows) {
    const { part_number: partNumber, content_id: contentId } = row;
    const segments = sql
      .exec<Row & { keeper_id: string }>(
        "SELECT * FROM segment WHERE content_id = ? ORDER BY offset_bytes",
        contentId,
      )
      .toArray();
    const keeperIds = segments.map((segment) => segment.keeper_id);
    yield {
      position: { key, uploadId, partNumber },
      record: { kind: "part", key, row, segments },
      contentIds: segments.length === 0 ? [contentId] : keeperIds,
      sizeBytes: segments.reduce((sum, segment) => sum + sizeOf(segment), sizeOf(row)),
    };
  }
}

function* completions(
  sql: SqlStorage,
  key: string,
  after: MovePosition | undefined,
): Generator<OutgoingRecord, undefined> {
  const query = (condition: string): string =>
    `SELECT * FROM completed_upload WHERE ${condition} AND upload_id > ? ORDER BY upload_id LIMIT ${PAGE}`;
  const rows = paged<Row & { upload_id: string }>((last) => {
    const from = last?.upload_id ?? after?.uploadId ?? "";
    const found =
      key === NO_KEY
        ? sql.exec<Row & { upload_id: string }>(query("moving_key IS NULL"), from)
        : sql.exec<Row & { upload_id: string }>(query("moving_key = ?"), key, from);
    return found.toArray();
  });
  for (const row of rows) {
    const position = { key, uploadId: row.upload_id, isCompletion: true };
    yield { position, record: { kind: "completion", row }, contentIds: [], sizeBytes: sizeOf(row) };
  }
}

type EventRow = Row & { target: string; id: number };

function* events(
  sql: SqlStorage,
  key: string,
  after: MovePosition["event"],
): Generator<OutgoingRecord, undefined> {
  const rows = paged<EventRow>((last) => {
    const { target, id } = last ?? after ?? { target: "", id: 0 };
    return sql
      .exec<EventRow>(
        `SELECT * FROM outbox WHERE moving_key = ? AND (target, id) > (?, ?) ORDER BY target, id LIMIT ?`,
        key,
        target,
        id,
        PAGE,
      )
      .toArray();
  });
  for (const row of rows) {
    const { target, id } = row;
    const position = { key, event: { target, id } };
    // A shard that runs older code may not have a column that is NULL here.
    const known = Object.entries(row).filter(([, value]) => value !== null);
    const record = { kind: "event", row: Object.fromEntries(known) } as const;
    yield { position, record, contentIds: [], sizeBytes: sizeOf(row) };
  }
}

/** What a row takes on its way, roughly. */
function sizeOf(row: Row): number {
  let sizeBytes = 0;
  for (const value of Object.values(row))
    if (typeof value === "string") sizeBytes += 2 * value.length;
    else sizeBytes += value instanceof ArrayBuffer ? value.byteLength : 8;
  return sizeBytes;
}
