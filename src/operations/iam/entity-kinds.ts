import type { Field } from "../../protocol/query-api/fields.ts";
import type { EntityKind } from "../../storage/ports/identity-records.ts";
import { longName, newName } from "./iam-fields.ts";

/** How the actions of users, groups, and roles differ where they are alike. */
export interface EntityNames {
  readonly kind: EntityKind;
  /** In the names of actions, `PutUserPolicy`. */
  readonly noun: "Group" | "Role" | "User";
  /** The parameter that names one. */
  readonly parameter: "GroupName" | "RoleName" | "UserName";
  readonly nameField: Field<string>;
  /**
   * Of all inline policies together.
   *
   * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entity-length
   */
  readonly inlineLimitCharacters: number;
}

export const USER = {
  kind: "user",
  noun: "User",
  parameter: "UserName",
  nameField: longName,
  inlineLimitCharacters: 2048,
} as const satisfies EntityNames;

const GROUP: EntityNames = {
  kind: "group",
  noun: "Group",
  parameter: "GroupName",
  nameField: longName,
  inlineLimitCharacters: 5120,
};

export const ROLE = {
  kind: "role",
  noun: "Role",
  parameter: "RoleName",
  nameField: newName,
  inlineLimitCharacters: 10_240,
} as const satisfies EntityNames;

export const ENTITY_KINDS: readonly EntityNames[] = [USER, GROUP, ROLE];
