import { log } from "../../lib/log.ts";
import { readPolicy, type Statement } from "../../protocol/policy/document.ts";

/** Providers that serve everybody: each of their users has tokens for any audience. */
const PUBLIC_PROVIDERS = [
  "token.actions.githubusercontent.com",
  "gitlab.com",
  "app.terraform.io",
  "accounts.google.com",
];

/**
 * Warns of a trust policy that lets in whoever has a token of a provider that serves everybody, for no condition names the subject. AWS
 * refuses some of them by now; a policy that names another claim, such as the repository's owner, may be right.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html#idp_oidc_Create_GitHub
 */
export function warnOfOpenTrust(roleName: string, text: string): void {
  const { statements } = readPolicy(text);
  const providers = statements.flatMap(openProviders);
  if (providers.length > 0)
    log("warn", "any token of a provider is trusted", { roleName, providers });
}

function openProviders({ effect, principal, conditions }: Statement): readonly string[] {
  if (effect !== "Allow") return [];
  const named = principal?.values.get("Federated") ?? [];
  return PUBLIC_PROVIDERS.filter(
    (provider) =>
      named.some((arn) => arn.endsWith(`:oidc-provider/${provider}`)) &&
      !conditions.some(({ key }) => key.toLowerCase() === `${provider}:sub`),
  );
}
