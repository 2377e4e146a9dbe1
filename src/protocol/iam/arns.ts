/** What has a path and a name in an account. */
export type NamedKind = "group" | "policy" | "role" | "user";

/**
 * The ARN of a user, a group, a role, or a managed policy.
 *
 * @param path `/`, or `/…/`
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns
 */
export function iamArn(accountId: string, kind: NamedKind, path: string, name: string): string {
  return `arn:aws:iam::${accountId}:${kind}${path}${name}`;
}

interface NamedArn {
  readonly accountId: string;
  readonly kind: string;
  readonly name: string;
}

const NAMED_ARN = /^arn:aws:iam::(\w*):(group|policy|role|user)\/(?:[!-~]*\/)?([\w+=,.@-]+)$/;

/** What such an ARN names; undefined for any other text. */
export function parseIamArn(arn: string): NamedArn | undefined {
  const [, accountId, kind, name] = NAMED_ARN.exec(arn) ?? [];
  return accountId === undefined || kind === undefined || name === undefined
    ? undefined
    : { accountId, kind, name };
}
