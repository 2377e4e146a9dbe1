import type { ObjectOwnership } from "../../src/protocol/acl/ownership.ts";
import type { Acl } from "../../src/protocol/acl/acl.ts";
import { ANONYMOUS_CANONICAL_ID, type Caller, isSigned } from "../../src/protocol/caller.ts";
import type { Account } from "../../src/protocol/owner.ts";

/*
 * The evaluation order of AWS's documents, written down a second time: slow, of the documents as they are, and of nothing that
 * the engine shares. One request at a time, whose object is known.
 */

export interface OracleStatement {
  readonly Effect: "Allow" | "Deny";
  readonly Principal?: "*" | { readonly AWS: string };
  readonly NotPrincipal?: { readonly AWS: readonly string[] };
  readonly Action?: string;
  readonly NotAction?: string;
  readonly Resource?: string;
  readonly NotResource?: string;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface World {
  readonly caller: Caller;
  readonly action: string;
  readonly resource: string;
  readonly keys: Readonly<Record<string, string>>;
  readonly bucketPolicy: readonly OracleStatement[];
  readonly identityPolicy: readonly OracleStatement[];
  readonly boundary: readonly OracleStatement[] | undefined;
  /** All that the session was made with; undefined: it is none, or was made without. */
  readonly sessionPolicy: readonly OracleStatement[] | undefined;
  readonly bucketOwner: Account;
  readonly ownership: ObjectOwnership;
  readonly bucketAcl: Acl;
  readonly objectAcl: Acl;
  readonly IgnorePublicAcls: boolean;
  readonly RestrictPublicBuckets: boolean;
  readonly isPolicyPublic: boolean;
}

const OBJECT_PERMISSIONS: Readonly<Record<string, string>> = {
  "s3:GetObject": "READ",
  "s3:GetObjectAcl": "READ_ACP",
  "s3:PutObjectAcl": "WRITE_ACP",
};
const BUCKET_PERMISSIONS: Readonly<Record<string, string>> = {
  "s3:ListBucket": "READ",
  "s3:PutObject": "WRITE",
  "s3:PutBucketAcl": "WRITE_ACP",
};
const OF_THE_POLICY = new Set([
  "s3:GetBucketPolicy",
  "s3:PutBucketPolicy",
  "s3:DeleteBucketPolicy",
]);

type Kind = "none" | "account" | "limited" | "exact" | "anyone";
const KINDS: readonly Kind[] = ["none", "account", "limited", "exact", "anyone"];

export function isAllowed(world: World): boolean {
  const { caller, action, bucketOwner, objectAcl, ownership } = world;
  const account = isSigned(caller) ? caller.account : undefined;
  const isRoot = caller.kind === "root";
  const isBucketOwners = account?.id === bucketOwner.id;
  const countsAcls = ownership !== "BucketOwnerEnforced";
  const isOfObject = action in OBJECT_PERMISSIONS && countsAcls;
  const owner = isOfObject ? objectAcl.owner : bucketOwner;

  const bucketDenies = applying(world, world.bucketPolicy, "Deny");
  const isExempt = isRoot && isBucketOwners && OF_THE_POLICY.has(action);
  if (bucketDenies.length > 0 && !isExempt) return false;
  if (applying(world, world.identityPolicy, "Deny").length > 0) return false;
  if (applying(world, world.boundary ?? [], "Deny").length > 0) return false;
  if (applying(world, world.sessionPolicy ?? [], "Deny").length > 0) return false;

  const grants: Kind[] = ["none"];
  const isShut = world.RestrictPublicBuckets && world.isPolicyPublic && !isBucketOwners;
  if (owner.id === bucketOwner.id && !isShut)
    for (const statement of applying(world, world.bucketPolicy, "Allow"))
      grants.push(named(statement, caller));
  if (countsAcls) grants.push(...aclKinds(world, account?.canonicalId));
  const best = KINDS[Math.max(...grants.map((kind) => KINDS.indexOf(kind)))];

  if (caller.kind === "anonymous") return best === "anyone";
  const within = [world.boundary, world.sessionPolicy].every(
    (limit) => limit === undefined || applying(world, limit, "Allow").length > 0,
  );
  const own = isRoot || (applying(world, world.identityPolicy, "Allow").length > 0 && within);
  if (account?.id !== owner.id) return best !== "none" && own;
  if (best === "none" || best === "account") return own;
  if (best === "limited") return own || within;
  return true;
}

function aclKinds(world: World, canonicalId: string | undefined): Kind[] {
  const { action, bucketAcl, objectAcl, IgnorePublicAcls } = world;
  const permission = OBJECT_PERMISSIONS[action] ?? BUCKET_PERMISSIONS[action];
  const acl = action in OBJECT_PERMISSIONS ? objectAcl : bucketAcl;
  return acl.grants
    .filter((grant) => grant.permission === permission || grant.permission === "FULL_CONTROL")
    .map(({ grantee }): Kind => {
      if (permission === undefined) return "none";
      if (grantee.kind === "account" && grantee.canonicalId === ANONYMOUS_CANONICAL_ID)
        return canonicalId === undefined && !IgnorePublicAcls ? "anyone" : "none";
      if (grantee.kind === "account")
        return grantee.canonicalId === canonicalId ? "account" : "none";
      if (IgnorePublicAcls || grantee.group === "LogDelivery") return "none";
      return grantee.group === "AllUsers" || canonicalId !== undefined ? "anyone" : "none";
    });
}

function applying(
  world: World,
  statements: readonly OracleStatement[],
  effect: OracleStatement["Effect"],
): readonly OracleStatement[] {
  return statements.filter(
    (statement) =>
      statement.Effect === effect &&
      named(statement, world.caller) !== "none" &&
      concerns(statement, world) &&
      Object.entries(statement.Condition ?? {}).every(([operator, keys]) =>
        Object.entries(keys).every(([key, value]) =>
          holds(operator, value, world.keys[key], world),
        ),
      ),
  );
}

function concerns(statement: OracleStatement, world: World): boolean {
  const { Action, NotAction, Resource, NotResource } = statement;
  const isAction = glob(Action ?? NotAction ?? "", "i").test(world.action);
  const pattern = filledIn(Resource ?? NotResource ?? "", world);
  // A name that there is not widens nothing: the opposite of it holds in a Deny only.
  if (pattern === undefined)
    return (
      NotResource !== undefined &&
      statement.Effect === "Deny" &&
      isAction === (Action !== undefined)
    );
  const isResource = glob(pattern, "").test(world.resource);
  return isAction === (Action !== undefined) && isResource === (Resource !== undefined);
}

function filledIn(pattern: string, { keys }: World): string | undefined {
  const name = keys["aws:username"];
  if (!pattern.includes("${aws:username}")) return pattern;
  return name === undefined ? undefined : pattern.replace("${aws:username}", name);
}

function holds(
  operator: string,
  expected: string,
  value: string | undefined,
  world: World,
): boolean {
  if (operator === "Null") return (value === undefined) === (expected === "true");
  const isIfExists = operator.endsWith("IfExists");
  const isNegated = operator.includes("Not");
  if (value === undefined) return isIfExists || isNegated;
  const pattern = filledIn(expected, world) ?? "\0";
  const isMatch = operator.includes("Like") ? glob(pattern, "").test(value) : pattern === value;
  return isMatch !== isNegated;
}

function glob(pattern: string, flags: string): RegExp {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, `su${flags}`);
}

function named({ Principal, NotPrincipal }: OracleStatement, caller: Caller): Kind {
  if (Principal === undefined && NotPrincipal === undefined) return "exact";
  if (NotPrincipal !== undefined) {
    if (!isSigned(caller)) return "anyone";
    const kinds = new Set(NotPrincipal.AWS.map((name) => namedBy(name, caller)));
    const isItself = caller.kind === "root" || kinds.has("exact") || kinds.has("limited");
    return kinds.has("account") && isItself ? "none" : "anyone";
  }
  return namedBy(typeof Principal === "object" ? Principal.AWS : "*", caller);
}

function namedBy(name: string, caller: Caller): Kind {
  if (name === "*") return "anyone";
  if (!isSigned(caller)) return "none";
  const { id } = caller.account;
  if (name === id || name === `arn:aws:iam::${id}:root`) return "account";
  if (name === caller.arn) return "exact";
  return name === caller.behind?.arn ? "limited" : "none";
}
