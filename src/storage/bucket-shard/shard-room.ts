import type { AnnotationChange } from "../ports/annotation-index.ts";
import type { AppendDraft } from "../ports/bucket-index.ts";
import type { PartDraft } from "../ports/upload-index.ts";

/** What a row may take besides its body: key, headers, tags, and pages of indexes. */
const ROW_BYTES = 16 * 1024;
const SEGMENT_BYTES = 256;

/**
 * The room that a shard has for data. It ends before that of the database does, since deletes and clean-up write before they
 * make room. What is in use is asked for only when what was let in since could have filled the room.
 */
export class ShardRoom {
  readonly #sql: SqlStorage;
  readonly #limitBytes: number;
  #leftBytes = 0;

  constructor(sql: SqlStorage, limitBytes: number) {
    this.#sql = sql;
    this.#limitBytes = limitBytes;
  }

  /** @param bodyBytes of what is written besides a row @returns false when there is not so much room */
  take(bodyBytes: number): boolean {
    const neededBytes = bodyBytes + ROW_BYTES;
    if (this.#leftBytes < neededBytes) this.#leftBytes = this.#limitBytes - this.#sql.databaseSize;
    if (this.#leftBytes < neededBytes) return false;
    this.#leftBytes -= neededBytes;
    return true;
  }
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
