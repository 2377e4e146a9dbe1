import type { TagSet } from "../../protocol/tag-set.ts";
import type { PolicyRecord } from "./account-directory.ts";

/** What has policies. */
export type EntityKind = "group" | "role" | "user";

/** What there is of users, groups, and roles alike. */
export interface EntityRecord {
  /** `AIDA…`, `AGPA…`, `AROA…` */
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly createdMs: number;
}

/** What decides what a user, a group, or a role may do. */
export interface EntityPolicies {
  readonly entity: EntityRecord;
  readonly policies: readonly OwnedPolicy[];
  readonly boundary?: PolicyRecord;
}

/** A policy, and whose it is: the entity's own, or that of a group that it is in. */
export interface OwnedPolicy extends PolicyRecord {
  readonly kind: EntityKind;
  readonly ownerName: string;
}

export type GroupRecord = EntityRecord;

export interface UserRecord extends EntityRecord {
  readonly tags: TagSet;
  /** Of its permissions boundary. */
  readonly boundaryArn: string | undefined;
}

export interface RoleRecord extends UserRecord {
  readonly description: string | undefined;
  readonly maxSessionSeconds: number;
  /** Who may act as the role: the document, and the unique ids that it means by the ARNs of users and roles. */
  readonly trust: {
    readonly text: string;
    readonly ids: Readonly<Record<string, string>>;
  };
  /** Undefined: never. */
  readonly lastUsed: { readonly atMs: number; readonly region: string } | undefined;
}

export type GroupDraft = Pick<GroupRecord, "name" | "path">;
export type UserDraft = Omit<UserRecord, "createdMs" | "id">;
export type RoleDraft = Omit<RoleRecord, "createdMs" | "id" | "lastUsed">;

/** What an entity is to be renamed and moved to. */
export interface Renaming {
  readonly name: string | undefined;
  readonly path: string | undefined;
}

export type RoleChange = Partial<Pick<RoleRecord, "description" | "maxSessionSeconds" | "trust">>;

export interface PolicyDraft {
  readonly name: string;
  readonly path: string;
  readonly description: string | undefined;
  readonly tags: TagSet;
  readonly document: string;
}

/** A managed policy of an account. */
export interface ManagedPolicyRecord extends EntityRecord, PolicyUsage {
  readonly arn: string;
  readonly description: string | undefined;
  readonly tags: TagSet;
  readonly defaultVersion: number;
  readonly updatedMs: number;
}

/** How many entities of the account have a policy. */
export interface PolicyUsage {
  readonly attachments: number;
  readonly boundaries: number;
}

export interface PolicyVersionRecord {
  readonly version: number;
  readonly isDefault: boolean;
  readonly createdMs: number;
  readonly document: string;
}

/** Whom a managed policy is attached to, or bounds. */
export interface PolicyEntity {
  readonly kind: EntityKind;
  readonly id: string;
  readonly name: string;
}

export interface InlinePolicy {
  readonly name: string;
  readonly document: string;
}

export type AccessKeyStatus = "Active" | "Inactive";

export interface AccessKeyRecord {
  readonly accessKeyId: string;
  readonly status: AccessKeyStatus;
  readonly createdMs: number;
}

/** When an access key was used, to the hour; `userName` undefined: it is root's. */
export interface AccessKeyUse {
  readonly userName: string | undefined;
  readonly lastUsed:
    | { readonly atMs: number; readonly service: string; readonly region: string }
    | undefined;
}

export interface OidcProviderRecord {
  readonly arn: string;
  /** Without its scheme. */
  readonly url: string;
  readonly clientIds: readonly string[];
  readonly thumbprints: readonly string[];
  readonly tags: TagSet;
  readonly createdMs: number;
}

/** How many of each there are. */
export interface AccountUsage {
  readonly users: number;
  readonly groups: number;
  readonly roles: number;
  readonly policies: number;
  readonly policyVersions: number;
  readonly providers: number;
  readonly rootKeys: number;
}

/** What a user, a group, or a role has of policies. */
export interface EntityDetail {
  readonly inlinePolicies: readonly InlinePolicy[];
  readonly attachedArns: readonly string[];
}

/** All that there is of one of them, or of a managed policy. */
export type AuthorizationDetail =
  | (EntityDetail & {
      readonly kind: "user";
      readonly record: UserRecord;
      readonly groupNames: readonly string[];
    })
  | (EntityDetail & { readonly kind: "group"; readonly record: GroupRecord })
  | (EntityDetail & { readonly kind: "role"; readonly record: RoleRecord })
  | {
      readonly kind: "policy";
      readonly record: ManagedPolicyRecord;
      readonly versions: readonly PolicyVersionRecord[];
    };
