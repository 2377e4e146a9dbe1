/** Actions that STS has and Ledge has not: each is refused by its name. */
export const NOT_BUILT_STS_ACTIONS: ReadonlySet<string> = new Set([
  "AssumeRoleWithSAML",
  "AssumeRoot",
  "GetDelegatedAccessToken",
  "GetScopedCredentials",
  "GetWebIdentityToken",
]);
