import type { AnnotationChange } from "../ports/annotation-index.ts";
import type { AppendDraft } from "../ports/bucket-index.ts";
import type { PartDraft } from "../ports/upload-index.ts";

/** What a row may take besides its body: key, headers, tags, and pages of indexes. */
const ROW_BYTES = 16 * 1024;
const SEGMENT_BYTES = 256;

/** So much of the limit there is beyond it, for rows that lead to room: of 9.5 GB, 237 MB. */
const SPARE_SHARE = 1 / 40;

/**
 * The room that a shard has for data. It ends before that of the database does, since deletes and clean-up write before they
 * make room. What is in use is asked for only when what was let in since could have filled the room.
 *
 * A delete marker and a hold add a row, and yet are how room is made: a marker lets older versions expire, and a hold lets an
 * object move to another bucket. So they go on for a while when no more data are let in, but never to the end of the database,
 * where nothing could be deleted any more.
 */
export class ShardRoom {
  readonly #sql: SqlStorage;
  readonly #limitBytes: number;
  /** Until the limit, by the last look and what was let in since; less than 0 beyond it. */
  #leftBytes = 0;

  constructor(sql: SqlStorage, limitBytes: number) {
    this.#sql = sql;
    this.#limitBytes = limitBytes;
  }

  /** @param bodyBytes of what is written besides a row @returns false when there is not so much room */
  take(bodyBytes: number): boolean {
    return this.#take(bodyBytes + ROW_BYTES, 0);
  }

  /** For a row that leads to room. */
  takeSpare(): boolean {
    return this.#take(ROW_BYTES, this.#limitBytes * SPARE_SHARE);
  }

  #take(neededBytes: number, beyondBytes: number): boolean {
    const isLeft = (): boolean => this.#leftBytes + beyondBytes >= neededBytes;
    if (!isLeft()) this.#leftBytes = this.#limitBytes - this.#sql.databaseSize;
    if (!isLeft()) return false;
    this.#leftBytes -= neededBytes;
    return true;
  }
}

export function noBody(): number {
  return 0;
}

/** Bytes of these that a shard keeps itself. */
export function bodyBytesOf(
  content: AppendDraft["content"] | { readonly kind: "reference" },
): number {
  return content.kind === "inline" ? content.bytes.byteLength : 0;
}

export function partBytesOf({ content }: PartDraft): number {
  return content.kind === "copy" ? content.segments.length * SEGMENT_BYTES : 0;
}

export function annotationBytesOf({
  annotations,
}: Extract<AnnotationChange, { kind: "put" }>): number {
  return annotations.reduce((sum, { payload }) => sum + payload.byteLength, 0);
}
