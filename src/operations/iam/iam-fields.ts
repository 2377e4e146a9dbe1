import { list, optional, structure, text } from "../../protocol/query-api/fields.ts";

/*
 * Parameters that many actions of IAM have.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/APIReference/, of each action its page
 */

const NAME = { min: 1, pattern: /^[\w+=,.@-]+$/, shown: String.raw`[\w+=,.@-]+` };

/** Of a user that is made or renamed, and of roles. */
export const newName = text({ ...NAME, max: 64 });
/** Of a user that there is, of groups, and of policies. */
export const longName = text({ ...NAME, max: 128 });

export const path = optional(
  text({
    min: 1,
    max: 512,
    pattern: /^\/(?:[!-~]+\/)?$/,
    shown: String.raw`(\u002F)|(\u002F[\u0021-\u007E]+\u002F)`,
  }),
);

/** Of managed policies. */
export const policyPath = optional(
  text({
    min: 1,
    max: 512,
    pattern: /^\/(?:[A-Za-z0-9.,+@=_-]+\/)*$/,
    shown: String.raw`((/[A-Za-z0-9\.,\+@=_-]+)*)/`,
  }),
);

export const pathPrefix = optional(
  text({ min: 1, max: 512, pattern: /^\/[!-\x7f]*$/, shown: String.raw`\u002F[\u0021-\u007F]*` }),
);

export const arn = text({ min: 20, max: 2048 });

export const policyDocument = text({
  min: 1,
  max: 131_072,
  pattern: /^[\t\n\r -\u00ff]+$/,
  shown: String.raw`[\u0009\u000A\u000D\u0020-\u00FF]+`,
});

const TAG_CHARACTERS = String.raw`[\p{L}\p{Z}\p{N}_.:/=+\-@]`;
export const tagKey = text({
  min: 1,
  max: 128,
  pattern: /^[\p{L}\p{Z}\p{N}_.:/=+\-@]+$/u,
  shown: `${TAG_CHARACTERS}+`,
});
const tagValue = text({
  max: 256,
  pattern: /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u,
  shown: `${TAG_CHARACTERS}*`,
});

export const requiredTags = list(structure({ Key: tagKey, Value: tagValue }), { max: 50 });
export const tags = optional(requiredTags);
