import {
  ANONYMOUS,
  isSigned,
  type SignedCaller,
  type WebIdentityCaller,
} from "../../protocol/caller.ts";
import { QueryError } from "../../protocol/query-api/query-error.ts";
import type { AssumableRole } from "../../storage/ports/session-directory.ts";
import { type AssumeAction, mayAssume } from "../access/assume-role.ts";
import { iamContext, type IamFacts } from "../access/iam-context.ts";
import { globalFactsOf } from "../access/request-facts.ts";
import type { Ports } from "../ports.ts";
import type { S3Request } from "../../protocol/s3-request.ts";
import type { SessionTags } from "./session-tags.ts";

/** What a role is assumed with. */
export interface Assumption extends SessionTags {
  readonly roleArn: string;
  readonly sessionName: string;
  readonly externalId: string | undefined;
  readonly sourceIdentity: string | undefined;
  /** Undefined: an hour. */
  readonly durationSeconds: number | undefined;
  /** Of whom has no credentials yet. */
  readonly token: IamFacts["token"];
}

/** Six parts, of which partition, service, and resource say something. */
const ARN = /^arn:[^:]+:[^:]+:[^:]*:[^:]*:.+$/s;
const HOUR_SECONDS = 3600;

/** @throws QueryError ValidationError */
export function requireArn(arn: string): void {
  if (!ARN.test(arn)) throw new QueryError("ValidationError", { message: `${arn} is invalid` });
}

/**
 * Whether the role's trust policy, and the caller's own, let the caller have the session. What is not there is refused as what is not
 * allowed.
 */
export function isTrusted(
  { request, settings }: { readonly request: S3Request; readonly settings: Ports["settings"] },
  caller: SignedCaller | WebIdentityCaller,
  role: AssumableRole,
  action: AssumeAction,
  assumption: Assumption,
): boolean {
  const { tags, transitiveTagKeys, sessionName, externalId, sourceIdentity, token } = assumption;
  const actions: AssumeAction[] = [action];
  if (tags.length > 0) actions.push("sts:TagSession");
  if (sourceIdentity !== undefined) actions.push("sts:SetSourceIdentity");
  const facts: IamFacts = {
    tags: role.tags,
    requestTags: tags.length > 0 ? tags : undefined,
    keys: {
      "sts:rolesessionname": sessionName,
      "sts:externalid": externalId,
      "sts:sourceidentity": sourceIdentity,
      "sts:transitivetagkeys": transitiveTagKeys.length > 0 ? transitiveTagKeys : undefined,
    },
    token,
  };
  const global = globalFactsOf(
    { caller: isSigned(caller) ? caller : ANONYMOUS, request },
    settings.region,
  );
  return mayAssume(caller, role, actions, iamContext(global, facts));
}

/**
 * How long the session may be.
 *
 * @param isChained it is made with another session, which cannot make it last
 * @throws QueryError ValidationError
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining
 */
export function sessionSeconds(
  role: AssumableRole,
  asked: number | undefined,
  isChained: boolean,
): number {
  const seconds = asked ?? HOUR_SECONDS;
  if (seconds > role.maxSessionSeconds)
    throw new QueryError("ValidationError", {
      message: "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    });
  if (isChained && seconds > HOUR_SECONDS)
    throw new QueryError("ValidationError", {
      message:
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
    });
  return seconds;
}
