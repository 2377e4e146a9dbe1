import { documentSize } from "../../protocol/policy/iam-document.ts";
import { QueryError } from "../../protocol/query-api/query-error.ts";

/**
 * White space does not count.
 *
 * @throws QueryError LimitExceeded
 */
export function requireSize(document: string, quotaName: string, limitCharacters: number): void {
  if (documentSize(document) > limitCharacters)
    throw new QueryError("LimitExceeded", {
      message: `Cannot exceed quota for ${quotaName}: ${limitCharacters}`,
    });
}
