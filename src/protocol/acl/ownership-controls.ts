import { type Infer, object, one, oneOf } from "../../lib/xml-shape.ts";
import { invalidArgument } from "../errors.ts";
import { type ObjectOwnership, OWNERSHIPS } from "./ownership.ts";

const HEADER = "x-amz-object-ownership";

/**
 * The document of PutBucketOwnershipControls: one rule.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketOwnershipControls.html
 */
export const OwnershipControls = object({
  Rule: one(object({ ObjectOwnership: one(oneOf(...OWNERSHIPS)) })),
});

export function ownershipOf(
  controls: Infer<typeof OwnershipControls> | undefined,
): ObjectOwnership {
  return controls?.Rule.ObjectOwnership;
}

/**
 * `x-amz-object-ownership` of CreateBucket; undefined: there is none.
 *
 * @throws S3Error InvalidArgument for another value than S3 has, none included
 */
export function parseObjectOwnership(headers: Headers): ObjectOwnership {
  const value = headers.get(HEADER);
  if (value === null) return undefined;
  const ownership = OWNERSHIPS.find((each) => each === value);
  if (ownership === undefined) throw invalidArgument(`Invalid ${HEADER} header: ${value}`, HEADER);
  return ownership;
}
