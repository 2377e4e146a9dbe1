import { list, text } from "../../protocol/query-api/fields.ts";
import { kmsAction, type KmsActions } from "./action.ts";
import { keyId, newTags, PAGE, pageMembers, pageRequest, tags } from "./kms-fields.ts";
import { changeKeys, keyResource, namedKey } from "./kms-resources.ts";

/** Source: https://docs.aws.amazon.com/kms/latest/developerguide/tagging-keys.html */
export const TAG_ACTIONS = {
  TagResource: kmsAction({
    input: { KeyId: keyId, Tags: tags },
    async on({ KeyId: id, Tags: given }, context) {
      const requestTags = newTags(given);
      const tagKeys = requestTags.map(({ key }) => key);
      const resources = await keyResource(context, id);
      return resources.map((resource) => ({ ...resource, requestTags, tagKeys }));
    },
    async handle({ KeyId: id, Tags: given }, context) {
      await changeKeys(context, "tagKey", await namedKey(context, id), newTags(given));
      return undefined;
    },
  }),

  UntagResource: kmsAction({
    input: { KeyId: keyId, TagKeys: list(text({ min: 1, max: 128 })) },
    async on({ KeyId: id, TagKeys: tagKeys }, context) {
      const resources = await keyResource(context, id);
      return resources.map((resource) => ({ ...resource, tagKeys }));
    },
    async handle({ KeyId: id, TagKeys: tagKeys }, context) {
      await changeKeys(context, "untagKey", await namedKey(context, id), tagKeys);
      return undefined;
    },
  }),

  ListResourceTags: kmsAction({
    input: { KeyId: keyId, ...PAGE },
    on: ({ KeyId: id }, context) => keyResource(context, id),
    async handle(input, context) {
      const { after = "0", limit } = pageRequest(input);
      const name = await namedKey(context, input.KeyId);
      const key = await context.keyDirectory.call(context.scope, "describeKey", name);
      const from = Number(after);
      const told = key.tags
        .slice(from, from + limit)
        .map(({ key: TagKey, value: TagValue }) => ({ TagKey, TagValue }));
      const next = from + limit < key.tags.length ? String(from + limit) : undefined;
      return { Tags: told, ...pageMembers({ next }) };
    },
  }),
} satisfies KmsActions;
