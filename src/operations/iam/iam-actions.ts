import type { Actions } from "../query/action.ts";
import { ACCESS_KEY_ACTIONS } from "./access-keys.ts";
import { ACCOUNT_ACTIONS } from "./account.ts";
import { ATTACHED_POLICY_ACTIONS } from "./attached-policies.ts";
import { AUTHORIZATION_DETAIL_ACTIONS } from "./authorization-details.ts";
import { BOUNDARY_ACTIONS } from "./boundaries.ts";
import { EMPTY_ACTIONS } from "./empty-lists.ts";
import { GROUP_ACTIONS } from "./groups.ts";
import { INLINE_POLICY_ACTIONS } from "./inline-policies.ts";
import { MANAGED_POLICY_ACTIONS } from "./managed-policies.ts";
import { OIDC_PROVIDER_ACTIONS } from "./oidc-providers.ts";
import { POLICY_VERSION_ACTIONS } from "./policy-versions.ts";
import { ROLE_ACTIONS } from "./roles.ts";
import { SIMULATION_ACTIONS } from "./simulation.ts";
import { TAG_ACTIONS } from "./tags.ts";
import { USER_ACTIONS } from "./users.ts";

/** Every action of IAM that Ledge has, by its name. */
export const IAM_ACTIONS: Actions = {
  ...ACCESS_KEY_ACTIONS,
  ...ACCOUNT_ACTIONS,
  ...ATTACHED_POLICY_ACTIONS,
  ...AUTHORIZATION_DETAIL_ACTIONS,
  ...BOUNDARY_ACTIONS,
  ...EMPTY_ACTIONS,
  ...GROUP_ACTIONS,
  ...INLINE_POLICY_ACTIONS,
  ...MANAGED_POLICY_ACTIONS,
  ...OIDC_PROVIDER_ACTIONS,
  ...POLICY_VERSION_ACTIONS,
  ...ROLE_ACTIONS,
  ...SIMULATION_ACTIONS,
  ...TAG_ACTIONS,
  ...USER_ACTIONS,
};
