import { isEmpty } from "./objects/remove-object.ts";
import type { Transaction } from "./transaction.ts";
import { oldestUploadMs } from "./uploads/uploads.ts";

/** The Directory has given up on a delete after half this time. */
const SETTLED_AFTER_MS = 60_000;

/** The bucket is being deleted: from now on nothing is read or written. Refused while there are objects. */
export function sealIfEmpty({ sql, state, nowMs, schedule }: Transaction, token: string): boolean {
  if (!isEmpty(sql)) return false;
  state.setSeal(token);
  if (oldestUploadMs(sql) !== undefined) schedule("uploads", nowMs + SETTLED_AFTER_MS);
  return true;
}

/** The delete with this token came to nothing. */
export function unseal({ state }: Transaction, token: string): void {
  if (state.seal === token) state.setSeal(undefined);
}
