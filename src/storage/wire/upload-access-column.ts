import {
  accountOfStored,
  ownerOfAccess,
  storedAccount,
  type StoredAccount,
} from "../../protocol/acl/stored-acl.ts";
import type { UploadDraft, UploadRecord } from "../ports/upload-index.ts";

/** What is in the column `access` of an upload, as JSON. */
interface StoredUploadAccess {
  /** The account that began it; absent: the bucket's owner. */
  readonly i?: StoredAccount;
  /** The column `access` of the object to be. */
  readonly a?: string;
}

/** The `access` column of an upload, or NULL when the bucket's owner began it, and it is to be private. */
export function writeUploadAccess({
  access,
  initiator,
}: Pick<UploadDraft, "access" | "initiator">): string | null {
  if (access === undefined && initiator === undefined) return null;
  const stored: StoredUploadAccess = {
    ...(initiator !== undefined && { i: storedAccount(initiator) }),
    ...(access !== undefined && { a: access }),
  };
  return JSON.stringify(stored);
}

/** What stands in the column was written by {@link writeUploadAccess}. */
export function readUploadAccess(
  column: string | null,
): Pick<UploadRecord, "access" | "initiator" | "owner"> {
  if (column === null) return {};
  const { i, a } = JSON.parse(column) as StoredUploadAccess;
  return { access: a, owner: ownerOfAccess(a), initiator: i && accountOfStored(i) };
}
