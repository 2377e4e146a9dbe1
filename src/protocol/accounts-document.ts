import {
  type JsonObject,
  JsonSyntaxError,
  type JsonValue,
  parseStrictJson,
} from "../lib/strict-json.ts";
import { ANONYMOUS_CANONICAL_ID } from "./caller.ts";
import { S3Error } from "./errors.ts";
import { awsManagedPolicy } from "./policy/aws-managed.ts";
import { readIdentityPolicy } from "./policy/identity-policy.ts";
import { QueryError } from "./query-api/query-error.ts";
import { ACCOUNT_ID, type Account, derivedCanonicalId } from "./owner.ts";

/** An account as a file or a request says that it is to be. */
export interface DescribedAccount extends Account {
  readonly email: string | undefined;
  /** Those of its root. */
  readonly keys: readonly DescribedKey[];
  readonly users: readonly DescribedUser[];
}

/** A user that an account is to have, beside those that it makes itself. */
export interface DescribedUser {
  readonly name: string;
  readonly path: string;
  readonly keys: readonly DescribedKey[];
  /** ARNs of AWS's own policies. */
  readonly managedPolicies: readonly string[];
  readonly inlinePolicies: readonly { readonly name: string; readonly document: string }[];
}

export interface DescribedKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Six, and those of a policy in it. */
const MAX_DEPTH = 16;
/** AWS's quota of each root and each user. */
const MAX_KEYS = 2;
const CANONICAL_ID = /^[\w$-]{1,128}$/;
const DISPLAY_NAME = /^\P{Cc}{1,255}$/u;
const EMAIL = /^[^\s\p{Cc}]{3,254}$/u;
/** Nothing that means something in an Authorization header. */
const ACCESS_KEY_ID = /^[\w+=.@/-]{3,128}$/;
const SECRET = /^[!-~]{8,128}$/;
const USER_NAME = /^[\w+=,.@-]{1,64}$/;
const PATH = /^\/(?:[!-~]{0,510}\/)?$/;
const POLICY_NAME = /^[\w+=,.@-]{1,128}$/;

/**
 * Reads `{"accounts": [{"id", "canonicalId", "displayName", "email", "rootKeys", "users"}, …]}`, what `ledge serve --accounts`
 * is given. `docs/accounts.md` describes it.
 *
 * @throws S3Error InvalidRequest, which says what is wrong, and where
 */
export function readAccounts(document: Uint8Array): readonly DescribedAccount[] {
  const { accounts } = members(parse(document), "the document", ["accounts"]);
  const described = list(accounts, "accounts").map((each, i) =>
    // Ceph has users without an account, and its tests one account without an id.
    accountOf(each, `accounts[${i}]`, /^(?:\d{12})?$/, undefined),
  );
  requireUnique(
    "id",
    described.map(({ id }) => id),
  );
  requireUnique(
    "canonicalId",
    described.map(({ canonicalId }) => canonicalId),
  );
  requireUnique(
    "email",
    described.flatMap(({ email }) => email ?? []),
  );
  requireUniqueKeys(described);
  return described;
}

/**
 * Reads one of them.
 *
 * @param id the account's: the document may leave it out
 * @throws S3Error InvalidRequest
 */
export function readAccount(document: Uint8Array, id: string): DescribedAccount {
  const account = accountOf(parse(document), "the document", ACCOUNT_ID, id);
  if (account.id !== id) throw invalid(`the id in the document is not ${id}`);
  requireUniqueKeys([account]);
  return account;
}

function accountOf(
  value: JsonValue,
  where: string,
  idPattern: RegExp,
  idOfPath: string | undefined,
): DescribedAccount {
  const names = ["id", "canonicalId", "displayName", "email", "rootKeys", "users"];
  const account = members(value, where, names);
  const id = text(account["id"] ?? idOfPath, `${where}.id`, idPattern);
  const { canonicalId = derivedCanonicalId(id), displayName = id === "" ? "-" : id } = account;
  if (canonicalId === ANONYMOUS_CANONICAL_ID)
    throw invalid(`${where}.canonicalId is that of anonymous callers`);
  const { email, users = [] } = account;
  return {
    id,
    canonicalId: text(canonicalId, `${where}.canonicalId`, CANONICAL_ID),
    displayName: text(displayName, `${where}.displayName`, DISPLAY_NAME),
    email: email === undefined ? undefined : text(email, `${where}.email`, EMAIL),
    keys: keysOf(account["rootKeys"], `${where}.rootKeys`),
    users: usersOf(users, `${where}.users`),
  };
}

function usersOf(value: JsonValue, where: string): readonly DescribedUser[] {
  const users = list(value, where).map((user, i) => userOf(user, `${where}[${i}]`));
  requireUnique(
    "name",
    users.map(({ name }) => name.toLowerCase()),
  );
  return users;
}

function userOf(value: JsonValue, where: string): DescribedUser {
  const names = ["name", "path", "keys", "managedPolicies", "inlinePolicies"];
  const user = members(value, where, names);
  const { path = "/", managedPolicies = [], inlinePolicies = new Map() } = user;
  const inline = members(inlinePolicies, `${where}.inlinePolicies`);
  return {
    name: text(user["name"], `${where}.name`, USER_NAME),
    path: text(path, `${where}.path`, PATH),
    keys: keysOf(user["keys"], `${where}.keys`),
    managedPolicies: list(managedPolicies, `${where}.managedPolicies`).map((arn, i) =>
      managedPolicyOf(arn, `${where}.managedPolicies[${i}]`),
    ),
    inlinePolicies: Object.entries(inline).map(([name, policy]) => ({
      name: text(name, `a name in ${where}.inlinePolicies`, POLICY_NAME),
      document: documentOf(policy, `${where}.inlinePolicies.${name}`),
    })),
  };
}

function managedPolicyOf(value: JsonValue, where: string): string {
  if (typeof value === "string" && awsManagedPolicy(value) !== undefined) return value;
  throw invalid(`${where} is none of AWS's own policies that there are`);
}

/** A policy, as an object, or as its text. */
function documentOf(value: JsonValue | undefined, where: string): string {
  const document = typeof value === "string" ? value : JSON.stringify(plain(value ?? null));
  try {
    readIdentityPolicy(document);
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    throw invalid(`${where}: ${error.message}`);
  }
  return document;
}

/** What `JSON.stringify` writes. Names that mean something to JavaScript stand in no policy. */
function plain(value: JsonValue): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (!isObject(value)) return value;
  return Object.fromEntries(Array.from(value, ([name, member]) => [name, plain(member)]));
}

function keysOf(value: JsonValue | undefined, where: string): readonly DescribedKey[] {
  const keys = list(value ?? [], where);
  if (keys.length > MAX_KEYS) throw invalid(`${where} has more than ${MAX_KEYS} keys`);
  return keys.map((each, i) => {
    const key = members(each, `${where}[${i}]`, ["accessKeyId", "secretAccessKey"]);
    return {
      accessKeyId: text(key["accessKeyId"], `${where}[${i}].accessKeyId`, ACCESS_KEY_ID),
      secretAccessKey: text(key["secretAccessKey"], `${where}[${i}].secretAccessKey`, SECRET),
    };
  });
}

function requireUniqueKeys(accounts: readonly DescribedAccount[]): void {
  const ids = accounts.flatMap(keysOfAll).map(({ accessKeyId }) => accessKeyId);
  requireUnique("accessKeyId", ids);
}

/** The root's, and its users'. */
export function keysOfAll<Key>({
  keys,
  users = [],
}: {
  readonly keys: readonly Key[];
  readonly users?: readonly { readonly keys: readonly Key[] }[];
}): readonly Key[] {
  return [...keys, ...users.flatMap((user) => user.keys)];
}

function requireUnique(member: string, values: readonly string[]): void {
  const seen = new Set<string>();
  for (const value of values) {
    if (seen.has(value)) throw invalid(`${member} ${value} is there twice`);
    seen.add(value);
  }
}

function parse(document: Uint8Array): JsonValue {
  try {
    return parseStrictJson(
      new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(document),
      MAX_DEPTH,
    );
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw invalid(`no JSON: ${error.message}`);
    if (error instanceof TypeError) throw invalid("no JSON: not UTF-8");
    throw error;
  }
}

/** @param names all that there may be; undefined: any */
function members(
  value: JsonValue,
  where: string,
  names?: readonly string[],
): Readonly<Record<string, JsonValue | undefined>> {
  if (!isObject(value)) throw invalid(`${where} is no object`);
  for (const name of value.keys())
    if (names?.includes(name) === false)
      throw invalid(`${where} has a member ${name}, which is none`);
  return Object.fromEntries(value);
}

function isObject(value: JsonValue): value is JsonObject {
  return value instanceof Map;
}

function list(value: JsonValue | undefined, where: string): readonly JsonValue[] {
  if (!Array.isArray(value)) throw invalid(`${where} is no list`);
  return value;
}

/** A secret may be at fault: what the text is instead is not told. */
function text(value: JsonValue | undefined, where: string, pattern: RegExp): string {
  if (typeof value === "string" && pattern.test(value)) return value;
  throw invalid(`${where} does not match ${pattern.source}`);
}

function invalid(message: string): S3Error {
  return new S3Error("InvalidRequest", { message });
}
