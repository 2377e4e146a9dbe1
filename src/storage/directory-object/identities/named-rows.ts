import type { Page } from "../../../protocol/query-api/pages.ts";
import type { ListRequest } from "../../ports/identity-directory.ts";
import type { Call } from "./call.ts";

/** Of these, an account has each name once, whatever its case. */
type NamedTable = "iam_group" | "iam_role" | "iam_user" | "managed_policy";

/** A page of them in the order of their names in small letters, as AWS lists them. */
export function listNamed<
  Row extends Record<string, SqlStorageValue> & { name_lower: string },
  Item,
>(
  { sql, account }: Call,
  table: NamedTable,
  { pathPrefix, after = "", limit }: ListRequest,
  itemOf: (row: Row) => Item,
): Page<Item> {
  const rows = sql
    .exec<Row>(
      `SELECT * FROM ${table}
       WHERE account_id = ? AND name_lower > ? AND substr(path, 1, length(?)) = ?
       ORDER BY name_lower LIMIT ?`,
      account.id,
      after,
      pathPrefix,
      pathPrefix,
      limit + 1,
    )
    .toArray();
  const shown = rows.slice(0, limit);
  const next = rows.length > limit ? shown.at(-1)?.name_lower : undefined;
  return { items: shown.map(itemOf), next };
}
