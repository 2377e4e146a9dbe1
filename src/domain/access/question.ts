import type { ArnParts } from "../../protocol/policy/arn.ts";
import type { PolicyContext } from "../../protocol/policy/context.ts";
import type { Instead } from "../../protocol/policy/evaluate.ts";
import type { Asking, BucketFacts, ObjectState } from "./facts.ts";

/** One action, of somebody, on something. */
export interface Question extends Asking {
  /** In small letters, `s3:getobject`. */
  readonly action: string;
  /** {@link s3Resource} */
  readonly resource: ArnParts;
  /** Undefined: there is none, as for ListBuckets and CreateBucket. */
  readonly bucket: BucketFacts | undefined;
  readonly object: ObjectState;
  readonly context: PolicyContext;
  /** What counts as this, too, wherever something allows it. */
  readonly instead?: Instead;
}

/** @param path `bucket`, `bucket/key`, or `*` for what has no bucket */
export function s3Resource(path: string): ArnParts {
  return ["arn", "aws", "s3", "", "", path];
}
