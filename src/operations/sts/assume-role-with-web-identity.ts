import { type Assumption, isTrusted, requireArn } from "../../domain/sts/assume-role.ts";
import { sessionTags } from "../../domain/sts/session-tags.ts";
import { vouchedFor } from "../../domain/sts/web-identity.ts";
import type { WebIdentityCaller } from "../../protocol/caller.ts";
import { optional, text } from "../../protocol/query-api/fields.ts";
import { QueryError } from "../../protocol/query-api/query-error.ts";
import { type Actions, unsignedAction } from "../query/action.ts";
import { newRoleSession } from "./role-session.ts";
import { assumedRoleContent, credentialsContent, packedSizeContent } from "./session-contents.ts";
import { LIMITS, roleArn, roleDuration, sessionName } from "./session-fields.ts";

/** Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html */
export const WEB_IDENTITY_ACTIONS = {
  /** The token of an OIDC provider lets it in: nobody signs it. */
  AssumeRoleWithWebIdentity: unsignedAction({
    input: {
      RoleArn: roleArn,
      RoleSessionName: sessionName,
      WebIdentityToken: text({ min: 4, max: 20_000 }),
      // Of providers from before OIDC, which there are none of here.
      ProviderId: optional(text({ min: 4, max: 2048 })),
      DurationSeconds: roleDuration,
      ...LIMITS,
    },
    async handle(input, context) {
      const { RoleArn: arn, RoleSessionName: name } = input;
      requireArn(arn);
      if (input.ProviderId !== undefined)
        throw new QueryError("NotImplemented", {
          message: "ProviderId is not implemented: providers are those of OpenID Connect.",
        });
      const accountId = arn.split(":", 5)[4] ?? "";
      const vouched = await vouchedFor(context, accountId, input.WebIdentityToken);
      const { providerArn, subject, audience, claims } = vouched;
      const webIdentity = { providerArn, subject, audience };
      const caller: WebIdentityCaller = { kind: "web identity", webIdentity };
      const tags = sessionTags(vouched.session, undefined);
      const { sourceIdentity } = vouched.session;
      const assumption: Assumption = {
        ...tags,
        roleArn: arn,
        sessionName: name,
        externalId: undefined,
        sourceIdentity,
        durationSeconds: input.DurationSeconds,
        token: { providerArn, claims },
      };
      const role = await context.sessions.findRole(arn);
      const action = "sts:AssumeRoleWithWebIdentity";
      if (role === undefined || !isTrusted(context, caller, role, action, assumption))
        throw new QueryError("AccessDenied", { message: `Not authorized to perform ${action}` });
      const made = await newRoleSession(context, role, input, {
        ...tags,
        sourceIdentity,
        webIdentity,
        isChained: false,
      });
      return [
        credentialsContent(made),
        ["SubjectFromWebIdentityToken", subject],
        assumedRoleContent(role, name),
        packedSizeContent(made),
        ["Provider", providerArn],
        ["Audience", audience],
        ["SourceIdentity", sourceIdentity],
      ];
    },
  }),
} satisfies Actions;
