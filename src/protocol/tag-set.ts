export interface Tag {
  readonly key: string;
  readonly value: string;
}

/** Tags of an object or a bucket, in the order given; no two have the same key. */
export type TagSet = readonly Tag[];

/** The value of a tag, as conditions of policies find it: its name has no case there, its value has. */
export function tagValue(tags: TagSet | undefined, key: string): string | undefined {
  const name = key.toLowerCase();
  return tags?.find((tag) => tag.key.toLowerCase() === name)?.value;
}
