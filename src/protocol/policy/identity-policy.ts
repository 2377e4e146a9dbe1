import type { PolicyDocument } from "./document.ts";
import {
  checkStatements,
  NO_RESOURCES,
  readIamDocument,
  refuse,
  SYNTAX_ERRORS,
} from "./iam-document.ts";

/**
 * Reads a policy of a user, a group, a role, or a session, or a managed one. Whose it is says what it is attached to, so that it
 * names no principal.
 *
 * @throws QueryError MalformedPolicyDocument
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
export function readIdentityPolicy(text: string): PolicyDocument {
  const document = readIamDocument(text, SYNTAX_ERRORS);
  const { statements } = document;
  if (statements.some(({ principal }) => principal !== undefined))
    refuse("Policy document should not specify a principal.");
  checkStatements(statements);
  if (statements.some(({ resource }) => resource === undefined)) refuse(NO_RESOURCES);
  return document;
}
