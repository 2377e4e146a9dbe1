import type { SignedCaller } from "../../protocol/caller.ts";
import { splitArn } from "../../protocol/policy/arn.ts";
import { QueryError } from "../../protocol/query-api/query-error.ts";
import { decide, refusalReason } from "./decide.ts";
import { iamContext, type IamFacts } from "./iam-context.ts";
import { permissionsOf } from "./permissions.ts";
import type { Question } from "./question.ts";
import { type Asked, globalFactsOf } from "./request-facts.ts";

/** What a call of IAM or STS is about, as policies name it. */
export interface IamResource extends IamFacts {
  /** `*` for what has no ARN. */
  readonly arn: string;
}

/** `*` is a resource of no part that a policy could name. */
const NO_ARN = ["", "", "", "", "", "*"];

/**
 * What IAM has belongs to the caller's account, and root may do everything there; the others, what their own policies allow.
 *
 * @param action `iam:CreateUser`
 * @throws QueryError AccessDenied
 */
export function requireIamAllowed(
  asked: Pick<Asked, "request" | "settings"> & { readonly caller: SignedCaller },
  action: string,
  { arn, ...facts }: IamResource,
): void {
  const { caller, settings } = asked;
  const question: Question = {
    caller,
    permissions: permissionsOf(caller),
    action: action.toLowerCase(),
    resource: splitArn(arn) ?? NO_ARN,
    bucket: undefined,
    object: "none",
    context: iamContext(globalFactsOf(asked, settings.region), facts),
  };
  const decision = decide(question);
  if (decision.kind === "allow") return;
  throw new QueryError("AccessDenied", {
    message: `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${arn} ${refusalReason(question, decision, action)}`,
  });
}

const ALWAYS = "GetCallerIdentity";
const OF_LONG_TERM_KEYS = new Set(["GetFederationToken", "GetSessionToken"]);

/** What temporary credentials may be used for of STS, by whose they are. Those of a role alone may be used for IAM. */
const USABLE: Readonly<Record<SignedCaller["kind"], (action: string) => boolean>> = {
  root: (action) => action === "AssumeRole",
  user: (action) => action === "AssumeRole",
  "federated user": () => false,
  "role session": (action) => !OF_LONG_TERM_KEYS.has(action),
};

/**
 * Refuses what temporary credentials cannot be used for, whatever their policies allow: who got a session for itself makes no
 * identities with it, and no other session of that kind.
 *
 * @param service `iam`
 * @param action `CreateUser`
 * @throws QueryError InvalidClientTokenId (IAM), AccessDenied (STS), as AWS answers
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html
 */
export function requireUsableFor(
  { kind, session }: SignedCaller,
  service: string,
  action: string,
): void {
  if (session === undefined || action === ALWAYS) return;
  if (service === "iam" && kind === "role session") return;
  if (service === "iam") throw new QueryError("InvalidClientTokenId");
  if (USABLE[kind](action)) return;
  const message = `Cannot call ${action} with session credentials`;
  throw new QueryError("AccessDenied", { message });
}
