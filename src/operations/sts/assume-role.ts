import { type Assumption, isTrusted, requireArn } from "../../domain/sts/assume-role.ts";
import { sessionTags } from "../../domain/sts/session-tags.ts";
import type { SignedCaller } from "../../protocol/caller.ts";
import { list, optional, structure, text } from "../../protocol/query-api/fields.ts";
import { QueryError } from "../../protocol/query-api/query-error.ts";
import { action, type Actions } from "../query/action.ts";
import { newRoleSession } from "./role-session.ts";
import {
  assumedRoleContent,
  credentialsContent,
  packedSizeContent,
  refuseSecondFactor,
  tagsOf,
} from "./session-contents.ts";
import {
  externalId,
  LIMITS,
  roleArn,
  roleDuration,
  SECOND_FACTOR,
  sessionName,
  TAGS,
  TRANSITIVE_TAG_KEYS,
} from "./session-fields.ts";

/** Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
export const ASSUME_ROLE_ACTIONS = {
  AssumeRole: action({
    input: {
      RoleArn: roleArn,
      RoleSessionName: sessionName,
      DurationSeconds: roleDuration,
      ExternalId: externalId,
      SourceIdentity: optional(sessionName),
      ...LIMITS,
      ...TAGS,
      ...TRANSITIVE_TAG_KEYS,
      ...SECOND_FACTOR,
      ProvidedContexts: optional(list(structure({ ProviderArn: optional(text()) }), { max: 5 })),
    },
    // The trust policy of the role has a say.
    on: undefined,
    async handle(input, context) {
      const { caller, sessions, settings } = context;
      const { RoleArn: arn, RoleSessionName: name } = input;
      requireArn(arn);
      refuseSecondFactor(input);
      if (input.ProvidedContexts !== undefined)
        throw new QueryError("NotImplemented", { message: "ProvidedContexts is not implemented." });
      if (caller.kind === "root")
        throw new QueryError("AccessDenied", {
          message: "Roles may not be assumed by root accounts.",
        });
      const { TransitiveTagKeys: transitiveTagKeys = [] } = input;
      const tags = sessionTags({ tags: tagsOf(input.Tags), transitiveTagKeys }, caller);
      const assumption: Assumption = {
        ...tags,
        roleArn: arn,
        sessionName: name,
        externalId: input.ExternalId,
        sourceIdentity: sourceIdentityOf(caller, input.SourceIdentity),
        durationSeconds: input.DurationSeconds,
        token: undefined,
      };
      const role = await sessions.findRole(arn);
      const asked = { request: context.request, settings };
      if (role === undefined || !isTrusted(asked, caller, role, "sts:AssumeRole", assumption))
        throw new QueryError("AccessDenied", {
          message: `User: ${caller.arn} is not authorized to perform: sts:AssumeRole on resource: ${arn}`,
        });
      const made = await newRoleSession(context, role, input, {
        ...tags,
        sourceIdentity: assumption.sourceIdentity,
        webIdentity: undefined,
        isChained: caller.session !== undefined,
      });
      return [
        credentialsContent(made),
        assumedRoleContent(role, name),
        packedSizeContent(made),
        ["SourceIdentity", assumption.sourceIdentity],
      ];
    },
  }),
} satisfies Actions;

/**
 * Once it is set, it stays the same in every session that is made with this one.
 *
 * @throws QueryError AccessDenied
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
 */
function sourceIdentityOf(
  { session }: SignedCaller,
  asked: string | undefined,
): string | undefined {
  const set = session?.sourceIdentity;
  if (set !== undefined && asked !== undefined && asked !== set)
    throw new QueryError("AccessDenied", {
      message: "The source identity of the calling session cannot be changed.",
    });
  return set ?? asked;
}
