import { isSigned } from "../../protocol/caller.ts";
import { S3Error } from "../../protocol/errors.ts";
import { splitArn } from "../../protocol/policy/arn.ts";
import { decide, refusalReason } from "./decide.ts";
import { iamContext } from "./iam-context.ts";
import { permissionsOf } from "./permissions.ts";
import type { Question } from "./question.ts";
import { type Asked, globalFactsOf } from "./request-facts.ts";

const ACTION = "iam:PassRole";

/**
 * Whoever has a service act as a role has to be allowed to give it away.
 *
 * @throws S3Error AccessDenied
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
 */
export function requirePassRole(asked: Asked, roleArn: string): void {
  const { caller, settings } = asked;
  if (!isSigned(caller)) throw new S3Error("AccessDenied");
  if (caller.kind === "root") return;
  const question: Question = {
    caller,
    permissions: permissionsOf(caller),
    action: ACTION.toLowerCase(),
    resource: splitArn(roleArn) ?? [],
    bucket: undefined,
    object: "none",
    context: iamContext(globalFactsOf(asked, settings.region), {
      keys: { "iam:passedtoservice": "s3.amazonaws.com" },
    }),
  };
  const decision = decide(question);
  if (decision.kind === "allow") return;
  throw new S3Error("AccessDenied", {
    message: `User: ${caller.arn} is not authorized to perform: ${ACTION} on resource: ${roleArn} ${refusalReason(question, decision, ACTION)}`,
  });
}
