import type { TagSet } from "../tag-set.ts";
import type {
  NotFilter,
  ReplicationFilter,
  ReplicationRuleDocument,
} from "./replication-configuration.ts";

/** What rules look at in an object. */
export interface Filtered {
  readonly key: string;
  readonly tags: TagSet;
}

type Tag = NonNullable<ReplicationFilter["Tag"]>;

/** Is the rule about this object? Disabled ones are to be left out before. */
export function isAbout({ Prefix, Filter }: ReplicationRuleDocument, object: Filtered): boolean {
  if (Filter === undefined) return hasPrefix(Prefix, object);
  const { And } = Filter;
  return (
    hasPrefix(Filter.Prefix, object) &&
    (Filter.Tag === undefined || hasTag(Filter.Tag, object)) &&
    !isExcepted(Filter.Not, object) &&
    (And === undefined ||
      (hasPrefix(And.Prefix, object) &&
        And.Tag.every((tag) => hasTag(tag, object)) &&
        !isExcepted(And.Not, object)))
  );
}

function hasPrefix(prefix: string | undefined, { key }: Filtered): boolean {
  return prefix === undefined || key.startsWith(prefix);
}

function hasTag({ Key, Value }: Tag, { tags }: Filtered): boolean {
  return tags.some(({ key, value }) => key === Key && value === Value);
}

/** `Not` has one condition, or several of which any one will do. */
function isExcepted(not: NotFilter | undefined, object: Filtered): boolean {
  if (not === undefined) return false;
  const { Prefix, Tag, Or } = not;
  return (
    (Prefix !== undefined && hasPrefix(Prefix, object)) ||
    (Tag !== undefined && hasTag(Tag, object)) ||
    (Or !== undefined &&
      (Or.Prefix.some((prefix) => hasPrefix(prefix, object)) ||
        Or.Tag.some((tag) => hasTag(tag, object))))
  );
}
