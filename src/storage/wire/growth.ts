/**
 * A bucket's growth to more shards, as its shards are told of it. A key whose slot is another shard's by the new number moves there:
 * from shard `slot mod before` to shard `slot mod after`. Both are powers of two, so that all that a new shard gets is one old
 * shard's (`docs/design/growth.md`).
 */
export interface Growth {
  /** Counts the growths of the bucket, from 1. */
  readonly epoch: number;
  readonly before: number;
  readonly after: number;
}

/** The key has moved, or is about to: the shard did nothing with it. */
export interface Elsewhere {
  /** Keys up to this one that move have moved; null: all of them. */
  readonly movedUpTo: string | null;
  /** The key is one of them; otherwise it is about to move, and soon to be asked for again. */
  readonly hasMoved: boolean;
}

/** How far a shard is with what it gives away. */
export interface MoveProgress {
  readonly epoch: number;
  readonly isDone: boolean;
  /** As in {@link Elsewhere}. */
  readonly movedUpTo: string | null;
  readonly movedKeys: number;
}

/** Where a record comes in all that a shard is sent: the last one that has arrived. */
export interface MovePosition {
  readonly key: string;
  /** Of a version, or of an annotation of it. */
  readonly sequence?: number;
  /** Of an annotation of that version. */
  readonly name?: string;
  /** Of an upload, or of a part of it. */
  readonly uploadId?: string;
  readonly partNumber?: number;
  /** Of what was answered to the completion of that upload. */
  readonly isCompletion?: boolean;
  /** Of a record of an event. */
  readonly event?: { readonly target: string; readonly id: number };
}

type Columns = Readonly<Record<string, SqlStorageValue>>;

/** Rows that move together. */
export type MovedRecord =
  /** An object, or, with `is_marker`, an older version or a delete marker. */
  | { readonly kind: "version"; readonly row: Columns; readonly body: ArrayBuffer | undefined }
  | { readonly kind: "annotation"; readonly row: Columns }
  | { readonly kind: "upload"; readonly row: Columns }
  /** With segments, it was copied: they become a content of the shard that it moves to. */
  | {
      readonly kind: "part";
      /** Of its upload. */
      readonly key: string;
      readonly row: Columns;
      readonly segments: readonly Columns[];
    }
  | { readonly kind: "completion"; readonly row: Columns }
  | { readonly kind: "event"; readonly row: Columns };

/** A content that moved rows, parts, and segments refer to. */
export interface MovedContent {
  readonly contentId: string;
  readonly count: number;
  /** Of the hold that its home has given; absent: the shard that it moves to is its home. */
  readonly holdToken?: string;
}

/** A destination of replication for which all versions are looked through, and for which of them. */
export interface MovedScan {
  readonly target: string;
  readonly wanted: string;
}

/** What one call brings. */
export interface MovedChunk {
  /** Null: nothing has arrived before. */
  readonly after: MovePosition | null;
  readonly last: MovePosition;
  readonly records: readonly MovedRecord[];
  readonly contents: readonly MovedContent[];
  /** The old shard has replicas, or has had: ids of them may be asked for that tell sequences of other shards. */
  readonly hasForeignIds?: boolean;
  /** What is looked for in the old shard, and has to be in the new one as well. */
  readonly scans?: readonly MovedScan[];
}

export type ReceivedChunk =
  | { readonly ok: true }
  /** What has arrived is something else; null: nothing. */
  | { readonly ok: false; readonly reason: "Position"; readonly last: MovePosition | null }
  /** The holds were taken so long ago that they may be lost. */
  | { readonly ok: false; readonly reason: "Swept" };
