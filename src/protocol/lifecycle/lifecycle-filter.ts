import type { LifecycleFilter } from "./lifecycle-configuration.ts";

interface Filtered {
  readonly Filter?: Partial<LifecycleFilter> | undefined;
  readonly Prefix?: string | undefined;
}

interface Conditions {
  readonly Prefix?: string | undefined;
  readonly Tag: readonly { readonly Key: string; readonly Value: string }[];
  readonly ObjectSizeGreaterThan?: number | undefined;
  readonly ObjectSizeLessThan?: number | undefined;
}

/** What a rule is about, in whichever form it says so: the older one is a prefix without a filter. */
export function conditionsOf({ Filter, Prefix }: Filtered): Conditions {
  if (Filter === undefined) return { Prefix, Tag: [] };
  const { And, Tag, ...others } = Filter;
  return And ?? { ...others, Tag: Tag === undefined ? [] : [Tag] };
}
