import type { Located, StoredChecksum } from "../../protocol/object-record.ts";
import { type RangeSpec, spanOf } from "../../protocol/range.ts";

/** Which of an object's bytes a read is about. */
export interface Wanted {
  /** Inline bytes, or where the others are. */
  readonly content: boolean;
  /** Undefined: all. */
  readonly range: RangeSpec | undefined;
  readonly partNumber: number | undefined;
  /** Undefined: the current version. */
  readonly versionId: string | undefined;
  /** How many annotations there are. */
  readonly annotations?: boolean;
}

export interface ContentWanted extends Wanted {
  readonly content: true;
}

export const WANTS_HEADERS: Wanted = {
  content: false,
  range: undefined,
  partNumber: undefined,
  versionId: undefined,
};
export const WANTS_CONTENT: ContentWanted = { ...WANTS_HEADERS, content: true };
/** Inline bytes, or what a copy refers to: of a stitched content, no segment but the first. */
export const WANTS_REFERENCE: ContentWanted = { ...WANTS_CONTENT, range: spanOf(0, 0) };

/** A part of a stitched content. */
export interface ContentPart {
  readonly partNumber: number;
  readonly sizeBytes: number;
  readonly checksum: StoredChecksum | undefined;
}

export interface ContentPartPage {
  readonly parts: readonly ContentPart[];
  readonly isTruncated: boolean;
}

/**
 * Port: contents by their id, in whatever shard of whatever bucket they were made. The id begins with the shard's name.
 *
 * A copy in another shard takes a hold before it commits, and the copy's shard gives it back when nothing there refers
 * to the content any more. A token is `<bucket id>/<shard>/<ulid>` of the shard that holds, as `newBlobId` makes them.
 */
export interface ContentIndex {
  /** @param sizeBytes of the whole content, which ranges are resolved against */
  locate(contentId: string, sizeBytes: number, wanted: Wanted): Promise<Located>;
  /** @param after part numbers after this one */
  listParts(contentId: string, after: number, limit: number): Promise<ContentPartPage>;
  /** @returns false when nothing refers to the content any more */
  hold(contentId: string, token: string): Promise<boolean>;
  /** The copy came to nothing. A token that is unknown is no error. */
  release(contentId: string, token: string): Promise<void>;
}
