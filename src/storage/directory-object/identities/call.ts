import type { Account } from "../../../protocol/owner.ts";
import type { QueryErrorCode } from "../../../protocol/query-api/query-error.ts";

/** What a call of the identities works with: one transaction, on what one account has. */
export interface Call {
  readonly sql: SqlStorage;
  readonly account: Account;
  /** The unique ids of the users, roles, and groups whose permissions or keys are others from now on. */
  readonly changed: Set<string>;
}

/** Ends a call: nothing of it is done. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly code: QueryErrorCode;

  constructor(code: QueryErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
