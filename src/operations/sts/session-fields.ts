import { integer, list, optional, structure, text } from "../../protocol/query-api/fields.ts";
import { arn, tagKey, tags } from "../iam/iam-fields.ts";

/*
 * Parameters that actions of STS have in common.
 *
 * Source: https://docs.aws.amazon.com/STS/latest/APIReference/, of each action its page
 */

const NAME = { min: 2, pattern: /^[\w+=,.@-]*$/, shown: String.raw`[\w+=,.@-]*` };

export const sessionName = text({ ...NAME, max: 64 });
export const federatedName = text({ ...NAME, max: 32 });
export const externalId = optional(
  text({ min: 2, max: 1224, pattern: /^[\w+=,.@:/-]*$/, shown: String.raw`[\w+=,.@:\/-]*` }),
);
export const roleArn = arn;

/** What limits a session beside what it acts for. */
export const LIMITS = {
  Policy: optional(text({ min: 1, max: 2048 })),
  PolicyArns: optional(list(structure({ arn }), { max: 10 })),
};

export const TAGS = { Tags: tags };
export const TRANSITIVE_TAG_KEYS = { TransitiveTagKeys: optional(list(tagKey, { max: 50 })) };

/** Of a role's session. */
export const roleDuration = optional(integer(900, 43_200));
/** Of a session that somebody gets by a long-term key. */
export const ownDuration = optional(integer(900, 129_600));

/** A second factor, which nobody has here. */
export const SECOND_FACTOR = {
  SerialNumber: optional(text({ min: 9, max: 256 })),
  TokenCode: optional(text({ min: 6, max: 6 })),
};
