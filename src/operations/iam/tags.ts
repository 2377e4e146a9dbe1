import { list } from "../../protocol/query-api/fields.ts";
import { called } from "../../protocol/query-api/fields.ts";
import { PAGE, pageRequest } from "../../protocol/query-api/pages.ts";
import { QueryError } from "../../protocol/query-api/query-error.ts";
import type { TagSet } from "../../protocol/tag-set.ts";
import type { Tagged } from "../../storage/ports/identity-directory.ts";
import { action, type Actions, type QueryContext } from "../query/action.ts";
import { ROLE, USER } from "./entity-kinds.ts";
import { memberList, tagContent } from "./iam-contents.ts";
import { arn, requiredTags, tagKey } from "./iam-fields.ts";
import { entityResource, policyResource, providerResource } from "./iam-resources.ts";

/** What has tags. */
const TAGGED = [
  { kind: "user", noun: "User", parameter: "UserName", field: USER.nameField },
  { kind: "role", noun: "Role", parameter: "RoleName", field: ROLE.nameField },
  { kind: "policy", noun: "Policy", parameter: "PolicyArn", field: arn },
  {
    kind: "provider",
    noun: "OpenIDConnectProvider",
    parameter: "OpenIDConnectProviderArn",
    field: arn,
  },
] as const;

/** Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagUser.html, and the pages beside it */
export const TAG_ACTIONS: Actions = Object.assign({}, ...TAGGED.map(actionsOf));

function actionsOf({ kind, noun, parameter, field }: (typeof TAGGED)[number]): Actions {
  const named = { Name: called(parameter, field) };
  return {
    [`Tag${noun}`]: action({
      input: { ...named, Tags: requiredTags },
      on: async ({ Name: name, Tags: tags }, context) => ({
        ...(await resourceOf(context, { kind, name })),
        requestTags: newTags(tags),
      }),
      async handle({ Name: name, Tags: tags }, { identityDirectory, scope }) {
        await identityDirectory(scope, "tag", { kind, name }, newTags(tags));
        return undefined;
      },
    }),

    [`Untag${noun}`]: action({
      input: { ...named, TagKeys: list(tagKey, { max: 50 }) },
      on: async ({ Name: name, TagKeys: tagKeys }, context) => ({
        ...(await resourceOf(context, { kind, name })),
        tagKeys,
      }),
      async handle({ Name: name, TagKeys: keys }, { identityDirectory, scope }) {
        await identityDirectory(scope, "untag", { kind, name }, keys);
        return undefined;
      },
    }),

    [`List${noun}Tags`]: action({
      input: { ...named, ...PAGE },
      on: ({ Name: name }, context) => resourceOf(context, { kind, name }),
      async handle({ Name: name, ...input }, { identityDirectory, scope }) {
        // There are 50 at most: always one page.
        pageRequest(input);
        const tags = await identityDirectory(scope, "getTags", { kind, name });
        return [
          ["Tags", memberList(tags, tagContent)],
          ["IsTruncated", false],
        ];
      },
    }),
  };
}

function resourceOf(context: QueryContext, { kind, name }: Tagged) {
  if (kind === "policy") return policyResource(context, name);
  return kind === "provider"
    ? providerResource(context, name)
    : entityResource(context, kind, name);
}

/**
 * Tags that an entity is to have.
 *
 * @throws QueryError InvalidInput when two have the same key, whatever its case
 */
export function newTags(
  tags: readonly { readonly Key: string; readonly Value: string }[] = [],
): TagSet {
  const keys = new Set(tags.map(({ Key: key }) => key.toLowerCase()));
  if (keys.size < tags.length)
    throw new QueryError("InvalidInput", {
      message: "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
    });
  return tags.map(({ Key: key, Value: value }) => ({ key, value }));
}
