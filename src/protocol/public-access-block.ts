import { boolean, type Infer, object, optional } from "../lib/xml-shape.ts";

/**
 * The document of PutPublicAccessBlock: four switches against public access. One that it does not name is off.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
 */
export const PublicAccessBlockConfiguration = object({
  BlockPublicAcls: optional(boolean),
  IgnorePublicAcls: optional(boolean),
  BlockPublicPolicy: optional(boolean),
  RestrictPublicBuckets: optional(boolean),
});

type Switches = Infer<typeof PublicAccessBlockConfiguration>;

export type PublicAccessBlock = { readonly [Name in keyof Switches]-?: boolean };

/** What a bucket has that is made as AWS makes them. */
export const ALL_BLOCKED: PublicAccessBlock = {
  BlockPublicAcls: true,
  IgnorePublicAcls: true,
  BlockPublicPolicy: true,
  RestrictPublicBuckets: true,
};

/**
 * Those of bucket, account, and deployment together: a switch that is on in any counts. Of a document alone, all four, which
 * is what GetPublicAccessBlock shows.
 */
export function publicAccessBlock(...blocks: readonly (Switches | undefined)[]): PublicAccessBlock {
  const isOn = (name: keyof Switches) => blocks.some((block) => block?.[name] === true);
  return {
    BlockPublicAcls: isOn("BlockPublicAcls"),
    IgnorePublicAcls: isOn("IgnorePublicAcls"),
    BlockPublicPolicy: isOn("BlockPublicPolicy"),
    RestrictPublicBuckets: isOn("RestrictPublicBuckets"),
  };
}
