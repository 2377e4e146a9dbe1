import { type IamResource, requireIamAllowed } from "../../domain/access/iam-access.ts";
import { newSession } from "../../domain/sts/new-session.ts";
import { sessionTags } from "../../domain/sts/session-tags.ts";
import type { SignedCaller } from "../../protocol/caller.ts";
import { action, type Actions, type QueryContext } from "../query/action.ts";
import {
  credentialsContent,
  keptTags,
  limitsOf,
  refuseSecondFactor,
  tagsOf,
} from "./session-contents.ts";
import { federatedName, LIMITS, ownDuration, SECOND_FACTOR, TAGS } from "./session-fields.ts";

const HALF_DAY_SECONDS = 43_200;
const HOUR_SECONDS = 3600;

/** Sessions that somebody gets by a long-term key of its own. */
export const OWN_SESSION_ACTIONS = {
  /** Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html */
  GetSessionToken: action({
    input: { DurationSeconds: ownDuration, ...SECOND_FACTOR },
    // Nothing needs to be allowed for it.
    on: undefined,
    async handle(input, context) {
      refuseSecondFactor(input);
      const { caller } = context;
      const draft = { ...ownerOf(caller), kind: caller.kind, name: "" };
      const made = await newSession(context, draft, secondsOf(caller, input.DurationSeconds));
      return [credentialsContent(made)];
    },
  }),

  /** Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html */
  GetFederationToken: action({
    input: { Name: federatedName, DurationSeconds: ownDuration, ...LIMITS, ...TAGS },
    on: resourceOf,
    async handle(input, context) {
      const { caller } = context;
      const { Name: name } = input;
      if (input.Tags !== undefined && caller.kind !== "root")
        requireIamAllowed(context, "sts:TagSession", resourceOf(input, context));
      const tags = sessionTags({ tags: tagsOf(input.Tags), transitiveTagKeys: [] }, undefined);
      const made = await newSession(
        context,
        {
          ...ownerOf(caller),
          kind: "federated user",
          name,
          ...limitsOf(input),
          ...keptTags(tags),
        },
        secondsOf(caller, input.DurationSeconds),
      );
      return [
        credentialsContent(made),
        [
          "FederatedUser",
          [
            ["FederatedUserId", `${caller.account.id}:${name}`],
            ["Arn", arnOf(caller, name)],
          ],
        ],
        ["PackedPolicySize", made.packedPolicySize],
      ];
    },
  }),
} satisfies Actions;

interface FederationInput {
  readonly Name: string;
  readonly Tags: readonly { readonly Key: string; readonly Value: string }[] | undefined;
}

function resourceOf(
  { Name: name, Tags: tags }: FederationInput,
  { caller }: Pick<QueryContext, "caller">,
): IamResource {
  return { arn: arnOf(caller, name), requestTags: tags && tagsOf(tags) };
}

function ownerOf({ account, userId }: SignedCaller) {
  return { accountId: account.id, principalId: userId };
}

/** Root's last an hour at most, whatever is asked for. */
function secondsOf({ kind }: SignedCaller, asked = HALF_DAY_SECONDS): number {
  return kind === "root" ? Math.min(asked, HOUR_SECONDS) : asked;
}

function arnOf({ account }: SignedCaller, name: string): string {
  return `arn:aws:sts::${account.id}:federated-user/${name}`;
}
