import type { ObjectRecord } from "../../protocol/object-record.ts";
import type { BucketRecord } from "./bucket-directory.ts";

/**
 * Whether a request is let in, by the record of its bucket; or, once an object was read that is another account's or has an ACL, by
 * that object as well. What it throws ends the request.
 */
export type Decision = (bucket: BucketRecord, object?: ObjectRecord) => void;
