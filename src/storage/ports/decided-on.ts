import type { ObjectAttributes, ObjectRecord } from "../../protocol/object-record.ts";

/** What of an object decides on who may do what with it. */
export type DecidedOnObject = Pick<ObjectRecord, "sequence" | "access"> &
  Pick<ObjectAttributes, "tags">;

export function decidedOn({ sequence, access, attributes }: ObjectRecord): DecidedOnObject {
  return { sequence, access, tags: attributes.tags };
}

/** The version is not any more as it was decided on; nothing was done. */
export interface ObjectChanged {
  readonly ok: false;
  readonly reason: "ObjectChanged";
}
