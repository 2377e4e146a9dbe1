import { action, type Actions } from "../query/action.ts";

/** Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
export const CALLER_ACTIONS = {
  /** Nothing needs to be allowed for it, and nothing can deny it. */
  GetCallerIdentity: action({
    input: {},
    on: undefined,
    handle: (_, { caller }) => [
      ["Arn", caller.arn],
      ["UserId", caller.userId],
      ["Account", caller.account.id],
    ],
  }),
} satisfies Actions;
