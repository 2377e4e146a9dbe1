import type { PrincipalPolicies, RoleSession, ServiceCaller } from "../../protocol/caller.ts";
import { readEncryption } from "../../protocol/encryption/stored-encryption.ts";
import type { StoredObject } from "../../protocol/object-record.ts";
import type { ReplicatedVersion, ReplicationTask } from "../../storage/ports/replication.ts";
import type { AssumableRole, SessionRecord } from "../../storage/ports/session-directory.ts";
import { sessionRecordId } from "../../storage/clients/identity-lookup.ts";
import { mayAssume } from "../access/assume-role.ts";
import { Gate } from "../access/gate.ts";
import { newestHeardOf } from "../access/heard-of.ts";
import { iamContext } from "../access/iam-context.ts";
import { globalFactsOf } from "../access/request-facts.ts";
import { policiesOf } from "../auth/principal-policies.ts";
import type { Ports } from "../ports.ts";
import type { InternalCaller } from "./act-in-bucket.ts";
import type { Source } from "./replicate-versions.ts";
import { internalRequest } from "./write-internally.ts";

const SESSION_NAME = "s3-replication";

/** Who replicates, and what of the source it may not read. */
export interface Replicating {
  readonly caller: InternalCaller;
  /** In AWS's words for `failureReason`; undefined: it may be replicated. */
  readonly sourceRefusal: (version: ReplicatedVersion) => string | undefined;
}

/**
 * As whom versions of a bucket are replicated: as the role of its rules, which has to trust S3, by that role's policies. A role that IAM
 * does not know stands for the account itself, unless services are to ask policies.
 *
 * @returns undefined: nobody may act as the role (`AssumeRoleNotPermitted`)
 * @throws S3Error SlowDown: nobody can tell whether there is such a role; StaleBucketError: the source is gone
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html
 */
export async function replicatingAs(
  ports: Ports,
  task: ReplicationTask,
  source: Source,
): Promise<Replicating | undefined> {
  const { identityLookup, settings, waiter } = ports;
  const role = await identityLookup.roles.read(task.role, waiter);
  // Nobody may lend out another account's.
  if (role === undefined || role.account.canonicalId !== source.owner.canonicalId) {
    const asksRole = settings.servicesAskPolicies && settings.masterKey !== undefined;
    return asksRole ? undefined : { caller: standIn(task, source), sourceRefusal: () => undefined };
  }
  if (!isTrusted(ports, role, serviceOf(source))) return undefined;
  const record = await identityLookup.sessions.read(sessionRecordId(role.id), waiter);
  const policies = record && policiesOfRole(record);
  if (policies === undefined) return undefined;
  const caller = sessionOf(role, policies);
  return { caller, sourceRefusal: await sourceGate(ports, task, source, caller) };
}

function serviceOf({ bucket, owner }: Source): ServiceCaller {
  return {
    kind: "service",
    name: "s3.amazonaws.com",
    sourceArn: `arn:aws:s3:::${bucket.name}`,
    sourceAccountId: owner.id,
  };
}

function isTrusted({ settings }: Ports, role: AssumableRole, service: ServiceCaller): boolean {
  const request = internalRequest("", "", {});
  const global = globalFactsOf({ caller: service, request }, settings.region);
  return mayAssume(service, role, ["sts:AssumeRole"], iamContext(global, { tags: role.tags }));
}

/** What is compiled of them is kept with them, for as long as the record is remembered. */
const ofRecords = new WeakMap<SessionRecord, PrincipalPolicies>();

function policiesOfRole(record: SessionRecord): PrincipalPolicies | undefined {
  const { principal } = record;
  if (principal?.kind !== "role") return undefined;
  let policies = ofRecords.get(record);
  if (policies === undefined) ofRecords.set(record, (policies = policiesOf(principal)));
  return policies;
}

function sessionOf(
  { account, arn, id, name, tags }: AssumableRole,
  policies: PrincipalPolicies,
): RoleSession {
  return {
    kind: "role session",
    account,
    arn: `arn:aws:sts::${account.id}:assumed-role/${name}/${SESSION_NAME}`,
    userId: `${id}:${SESSION_NAME}`,
    behind: { arn, uniqueId: id },
    tags,
    session: { issuedMs: Date.now() },
    policies,
  };
}

/** By the newest of the source's policies that its shards have heard of: one look for all versions of the task. */
async function sourceGate(
  ports: Ports,
  { versions }: ReplicationTask,
  source: Source,
  caller: RoleSession,
): Promise<Replicating["sourceRefusal"]> {
  const bucket = await newestHeardOf(ports, source.bucket, versions[0]?.key ?? "");
  const request = internalRequest(bucket.name, "", {});
  const asked = { caller, request, settings: ports.settings };
  const gate = new Gate(asked, bucket, { checks: [], on: "keys" });
  return ({ key, versionId, object, isChange, what }) => {
    if (object === undefined) return undefined;
    const may = (action: string): boolean => {
      const target = { key, versionId, object };
      return gate.refusalOf({ action: `s3:${action}`, on: "object" }, target) === undefined;
    };
    const { tags, retention, hasLegalHold } = object.attributes;
    const mayRead =
      may("GetObjectVersionForReplication") || (!isUnderKms(object) && may("GetObjectVersion"));
    const isReadable =
      mayRead &&
      (object.access === undefined || may("GetObjectVersionAcl")) &&
      (retention === undefined || may("GetObjectRetention")) &&
      (hasLegalHold === undefined || may("GetObjectLegalHold"));
    if (!isReadable) return "SrcGetObjectNotPermitted";
    const readsTags = tags.length > 0 || (isChange && (what ?? "tags") === "tags");
    return readsTags && !may("GetObjectVersionTagging") ? "SrcGetTagsNotPermitted" : undefined;
  };
}

function isUnderKms({ encryption }: StoredObject): boolean {
  const method = encryption === undefined ? undefined : readEncryption(encryption).k;
  return method === "KMS" || method === "DSSE";
}

/**
 * Within an account it needs nobody's word for it; another account's bucket takes what its policy lets the role put there. Whose
 * role that is the source's owner says, so that it can be none but its own.
 */
function standIn({ ownerId, role }: ReplicationTask, source: Source): InternalCaller {
  const { owner } = source;
  const [, , , , accountId] = role.split(":");
  if (ownerId === owner.canonicalId || accountId !== owner.id)
    return { ...serviceOf(source), ownerId: owner.canonicalId };
  const roleName = role.slice(role.lastIndexOf("/") + 1);
  // No user or role has an id like that, whatever this one is called: policies go by those, too.
  const id = `s3-replication:${roleName}`;
  return {
    kind: "role session",
    account: owner,
    arn: `arn:aws:sts::${owner.id}:assumed-role/${roleName}/${SESSION_NAME}`,
    userId: id,
    behind: { arn: role, uniqueId: id },
    session: { issuedMs: Date.now() },
    policies: REPLICATES,
  };
}

/** What a role may do that replicates: nothing else is done as it. */
const REPLICATES: PrincipalPolicies = {
  identityPolicies: [
    JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: ["s3:Replicate*", "s3:ObjectOwnerOverrideToBucketOwner"],
          Resource: "*",
        },
      ],
    }),
  ],
};
