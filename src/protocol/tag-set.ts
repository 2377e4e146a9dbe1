export interface Tag {
  readonly key: string;
  readonly value: string;
}

/** Tags of an object or a bucket, in the order given; no two have the same key. */
export type TagSet = readonly Tag[];
