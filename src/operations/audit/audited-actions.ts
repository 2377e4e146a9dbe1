import type { QueryNode } from "../../protocol/query-api/query-parameters.ts";

/** Of these the log tells who got credentials. They change nothing of who may do what. */
const OF_STS = new Set([
  ...["AssumeRole", "AssumeRoleWithWebIdentity", "GetFederationToken", "GetSessionToken"],
]);

const READS = /^(?:Generate|Get|List|Simulate)/;
/** Whatever uses keys, and leaves them as they are. */
const USES_OF_KEYS = /^(?:Decrypt|Derive|Describe|Encrypt|Generate|Get|List|ReEncrypt|Sign|Verify)/;

/** Does the log tell of this action? Of what only reads, it does not. */
export function isAudited(service: string, action: string): boolean {
  if (service === "kms") return !USES_OF_KEYS.test(action);
  return service === "iam" ? !READS.test(action) : OF_STS.has(action);
}

/** They let their bearers in, or say nothing that an auditor could want. */
const SECRETS = new Set(["Action", "Password", "TokenCode", "Version", "WebIdentityToken"]);

/** Parameters have no longer names. */
const MAX_NAME_LENGTH = 64;

/** What the parameters say in one text each: names and ARNs, and the beginnings of documents. */
export function toldParameters({ members }: QueryNode): Readonly<Record<string, string>> {
  const told = Array.from(members ?? []).filter(
    ([name]) => !SECRETS.has(name) && name.length <= MAX_NAME_LENGTH,
  );
  return Object.fromEntries(
    told.flatMap(([name, { text }]) => (text === undefined ? [] : [[name, text]])),
  );
}
