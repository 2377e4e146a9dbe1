import type { AuditEntry } from "./audit-log.ts";
import type { Account } from "../../protocol/owner.ts";
import type { Page, PageRequest } from "../../protocol/query-api/pages.ts";
import type { QueryErrorCode } from "../../protocol/query-api/query-error.ts";
import type { TagSet } from "../../protocol/tag-set.ts";

/** Whose identities a call is about. */
export interface AccountScope {
  readonly account: Account;
  /** It is the one of the deployment's settings: the Directory learns of it from the call. */
  readonly isDeployments?: boolean;
  /** Of calls that change something: it goes into the audit log along with the change. */
  readonly audit?: AuditEntry;
}

/** A user, as it was put. */
export interface UserRecord {
  /** `AIDA…` */
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly createdMs: number;
  readonly tags: TagSet;
  readonly boundaryArn: string | undefined;
}

export interface UserDraft {
  readonly name: string;
  readonly path: string;
  readonly tags: TagSet;
  readonly boundaryArn: string | undefined;
}

/** Which part of a list is asked for: what is below a path. */
export interface ListRequest extends PageRequest {
  readonly pathPrefix: string;
}

/**
 * What may be asked about the identities of an account. Each is one transaction. Names are found whatever their case.
 * Refusals are those of the IAM actions that are named like the calls.
 */
export interface IdentityCalls {
  createUser(draft: UserDraft): UserRecord;
  getUser(name: string): UserRecord;
  listUsers(request: ListRequest): Page<UserRecord>;
  deleteUser(name: string): void;
}

export type IdentityCallName = keyof IdentityCalls;

/** Why nothing was done. */
export interface IdentityRefusal {
  readonly refused: { readonly code: QueryErrorCode; readonly message: string };
}

export interface IdentityAnswer<T> {
  readonly value: T;
  /** The access keys and the unique ids whose records are others from now on; `many`: so many that all are to be asked for again. */
  readonly changed?: readonly string[] | "many";
}

/**
 * Port: the users, groups, roles, and policies of accounts. Authoritative, strongly consistent, rarely asked: what requests
 * are decided by goes by copies of bounded age.
 *
 * @throws QueryError what the Directory refuses
 */
export type IdentityDirectory = <Name extends IdentityCallName>(
  scope: AccountScope,
  name: Name,
  ...args: Parameters<IdentityCalls[Name]>
) => Promise<ReturnType<IdentityCalls[Name]>>;
