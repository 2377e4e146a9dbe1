import type { SignedCaller } from "../../protocol/caller.ts";
import { QueryError } from "../../protocol/query-api/query-error.ts";
import type { TagSet } from "../../protocol/tag-set.ts";

/** What a session is tagged with, and which of the tags go on to sessions that are made with it. */
export interface SessionTags {
  readonly tags: TagSet;
  readonly transitiveTagKeys: readonly string[];
}

const MAX_TAGS = 50;

/**
 * The tags of a new session: those that are asked for, and the transitive ones of the session that asks, which nobody can change on
 * the way.
 *
 * @param caller undefined: whoever has no credentials yet
 * @throws QueryError InvalidParameterValue, as AWS answered to
 *   https://github.com/localstack/localstack/blob/main/tests/aws/services/sts/test_sts.snapshot.json
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_role-chaining
 */
export function sessionTags(
  { tags, transitiveTagKeys }: SessionTags,
  caller: SignedCaller | undefined,
): SessionTags {
  const names = new Set(tags.map(({ key }) => key.toLowerCase()));
  if (names.size < tags.length)
    refuse("Duplicate tag keys found. Please note that Tag keys are case insensitive.");
  if (transitiveTagKeys.some((key) => !names.has(key.toLowerCase())))
    refuse("The specified transitive tag key must be included in the requested tags.");
  const inheritedKeys = caller?.session?.transitiveTagKeys ?? [];
  if (inheritedKeys.some((key) => names.has(key.toLowerCase())))
    refuse(
      "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
    );
  const inherited = new Set(inheritedKeys.map((key) => key.toLowerCase()));
  const passedOn = caller?.tags?.filter(({ key }) => inherited.has(key.toLowerCase())) ?? [];
  if (tags.length + passedOn.length > MAX_TAGS)
    refuse(`A session has at most ${MAX_TAGS} tags, those that it inherits included.`);
  return {
    tags: [...passedOn, ...tags],
    transitiveTagKeys: [...inheritedKeys, ...transitiveTagKeys],
  };
}

function refuse(message: string): never {
  throw new QueryError("InvalidParameterValue", { message });
}
