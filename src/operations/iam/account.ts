import type { XmlNode } from "../../lib/xml-writer.ts";
import { text } from "../../protocol/query-api/fields.ts";
import { PAGE, pageRequest } from "../../protocol/query-api/pages.ts";
import { action, type Actions } from "../query/action.ts";
import { memberList } from "./iam-contents.ts";
import { ANYTHING } from "./iam-resources.ts";

const alias = text({
  min: 3,
  max: 63,
  pattern: /^[a-z0-9](?:-?[a-z0-9])+$/,
  shown: "^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$",
});

/** AWS's, as far as Ledge has what they are of. */
const QUOTAS = {
  UsersQuota: 5000,
  GroupsQuota: 500,
  RolesQuota: 1000,
  PoliciesQuota: 1500,
  AccessKeysPerUserQuota: 2,
  GroupsPerUserQuota: 10,
  UserPolicySizeQuota: 2048,
  GroupPolicySizeQuota: 5120,
  RolePolicySizeQuota: 10_240,
  AssumeRolePolicySizeQuota: 2048,
  PolicySizeQuota: 6144,
  VersionsPerPolicyQuota: 5,
  AttachedPoliciesPerUserQuota: 20,
  AttachedPoliciesPerGroupQuota: 20,
  AttachedPoliciesPerRoleQuota: 20,
  PolicyVersionsInUseQuota: 10_000,
} as const;

/** What Ledge has none of. */
const NONE = [
  ...["MFADevices", "MFADevicesInUse", "AccountMFAEnabled", "AccountSigningCertificatesPresent"],
  ...["AccountPasswordPresent", "ServerCertificates", "InstanceProfiles"],
] as const;

/** Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html, and the pages beside it */
export const ACCOUNT_ACTIONS = {
  GetAccountSummary: action({
    input: {},
    on: () => ANYTHING,
    async handle(_, { identityDirectory, scope, caller }) {
      const usage = await identityDirectory(scope, "getAccountUsage");
      const hasRootKey = usage.rootKeys > 0 || caller.isDeploymentRoot === true;
      const numbers: Readonly<Record<string, number>> = {
        Users: usage.users,
        Groups: usage.groups,
        Roles: usage.roles,
        Policies: usage.policies,
        PolicyVersionsInUse: usage.policyVersions,
        Providers: usage.providers,
        AccountAccessKeysPresent: hasRootKey ? 1 : 0,
        ...Object.fromEntries(NONE.map((name) => [name, 0])),
        ...QUOTAS,
      };
      const entries = Object.entries(numbers).map(([key, value]): XmlNode => [
        "entry",
        [
          ["key", key],
          ["value", value],
        ],
      ]);
      return [["SummaryMap", entries]];
    },
  }),

  CreateAccountAlias: action({
    input: { AccountAlias: alias },
    on: () => ANYTHING,
    async handle({ AccountAlias: name }, { identityDirectory, scope }) {
      await identityDirectory(scope, "putAlias", name);
      return undefined;
    },
  }),

  ListAccountAliases: action({
    input: PAGE,
    on: () => ANYTHING,
    async handle(input, { identityDirectory, scope }) {
      // There is one at most: always one page.
      pageRequest(input);
      const name = await identityDirectory(scope, "getAlias");
      return [
        ["AccountAliases", memberList(name === undefined ? [] : [name], (each) => each)],
        ["IsTruncated", false],
      ];
    },
  }),

  DeleteAccountAlias: action({
    input: { AccountAlias: alias },
    on: () => ANYTHING,
    async handle({ AccountAlias: name }, { identityDirectory, scope }) {
      await identityDirectory(scope, "deleteAlias", name);
      return undefined;
    },
  }),
} satisfies Actions;
