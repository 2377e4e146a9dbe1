import { text } from "../../protocol/query-api/fields.ts";
import { QueryError } from "../../protocol/query-api/query-error.ts";
import { action, type Actions } from "../query/action.ts";

export const LOOKUP_ACTIONS = {
  /**
   * The account that a long-term key is of, when it is the caller's own. AWS tells of every key; here nobody learns which keys
   * of others there are.
   *
   * Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetAccessKeyInfo.html
   */
  GetAccessKeyInfo: action({
    input: { AccessKeyId: text({ min: 16, max: 128, pattern: /^\w*$/, shown: String.raw`[\w]*` }) },
    on: () => ({ arn: "*" }),
    async handle({ AccessKeyId: accessKeyId }, { caller, identityLookup, settings, waiter }) {
      const { rootCredentials, previousRootCredentials } = settings;
      const ofSettings = [rootCredentials?.accessKeyId, previousRootCredentials?.accessKeyId];
      const accountId = ofSettings.includes(accessKeyId)
        ? settings.account.id
        : (await identityLookup.keys.read(accessKeyId, waiter))?.account.id;
      if (accountId === caller.account.id) return [["Account", accountId]];
      throw new QueryError("AccessDenied", {
        message: `User: ${caller.arn} is not authorized to perform: sts:GetAccessKeyInfo on the access key ${accessKeyId}`,
      });
    },
  }),

  /**
   * No answer of Ledge's has an encoded message, so that nothing is one.
   *
   * Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html
   */
  DecodeAuthorizationMessage: action({
    input: { EncodedMessage: text({ min: 1, max: 10_240 }) },
    on: () => ({ arn: "*" }),
    handle() {
      throw new QueryError("InvalidAuthorizationMessageException");
    },
  }),
} satisfies Actions;
