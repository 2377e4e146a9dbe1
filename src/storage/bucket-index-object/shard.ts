import type { ObjectCache } from "./object-cache.ts";
import type { ShardState } from "./shard-state.ts";

/** What reading the index needs. */
export interface Shard {
  readonly sql: SqlStorage;
  readonly state: ShardState;
  readonly cache: ObjectCache;
}

/** What an effect in the index needs besides its arguments. */
export interface Effect extends Shard {
  readonly nowMs: number;
  /** When a content that is dropped now may go. */
  readonly garbageDueMs: number;
  /** To be called when a content may have become garbage. */
  readonly onGarbage: () => void;
  /** To be called when a hold is to go back to the shard that gave it. */
  readonly onReleasedHold: () => void;
}

/** Runs an effect in one transaction. */
export type Run = <T>(effect: (shard: Effect) => T) => T;
