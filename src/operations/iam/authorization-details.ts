import type { XmlNode } from "../../lib/xml-writer.ts";
import type { SignedCaller } from "../../protocol/caller.ts";
import { list, oneOf, optional } from "../../protocol/query-api/fields.ts";
import { PAGE, pageContent, pageRequest } from "../../protocol/query-api/pages.ts";
import type {
  AuthorizationDetail,
  EntityDetail,
  InlinePolicy,
  PolicyVersionRecord,
} from "../../storage/ports/identity-records.ts";
import { action, type Actions, type QueryContext } from "../query/action.ts";
import { attachedContent } from "./attached-policies.ts";
import { boundaryContent } from "./boundaries.ts";
import { groupContent } from "./groups.ts";
import { encodedDocument, memberList, tagsContent } from "./iam-contents.ts";
import { ANYTHING } from "./iam-resources.ts";
import { listPolicies } from "./list-policies.ts";
import { awsPolicyContent, policyContent } from "./managed-policies.ts";
import { awsVersion, versionContent } from "./policy-versions.ts";
import { lastUsedContent, roleContent } from "./roles.ts";
import { userContent } from "./users.ts";

const KINDS = {
  User: "user",
  Group: "group",
  Role: "role",
  LocalManagedPolicy: "policy",
} as const;

const OF_AWS = "AWSManagedPolicy";
const FILTERS = ["User", "Role", "Group", "LocalManagedPolicy", OF_AWS] as const;

/** Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html */
export const AUTHORIZATION_DETAIL_ACTIONS = {
  /** All that an account has, in pages; of AWS's own policies those that are attached, on the first of them. */
  GetAccountAuthorizationDetails: action({
    input: { Filter: optional(list(oneOf(FILTERS))), ...PAGE },
    on: () => ANYTHING,
    async handle({ Filter: filter = [], ...input }, context) {
      const { identityDirectory, scope, caller } = context;
      const request = pageRequest(input);
      const wanted = new Set(filter.length === 0 ? FILTERS : filter);
      const kinds = FILTERS.flatMap((name) =>
        wanted.has(name) && name !== OF_AWS ? [KINDS[name]] : [],
      );
      const page = await identityDirectory(scope, "getAuthorizationDetails", { ...request, kinds });
      const isFirst = request.after === undefined;
      const ofAws = wanted.has(OF_AWS) && isFirst ? await attachedAwsPolicies(context) : [];
      const of = (kind: AuthorizationDetail["kind"]) =>
        memberList(
          page.items.filter((detail) => detail.kind === kind),
          (detail) => detailContent(caller, detail),
        );
      return [
        ["UserDetailList", of("user")],
        ["GroupDetailList", of("group")],
        ["RoleDetailList", of("role")],
        ["Policies", [...ofAws, ...of("policy")]],
        ...pageContent(page),
      ];
    },
  }),
} satisfies Actions;

async function attachedAwsPolicies(context: QueryContext): Promise<readonly XmlNode[]> {
  const { items } = await listPolicies(context, "AWS", {
    after: undefined,
    limit: 1000,
    pathPrefix: "/",
    onlyAttached: true,
    usage: undefined,
  });
  return items.flatMap((item): XmlNode[] => {
    if (!("ofAws" in item)) return [];
    const { ofAws, usage } = item;
    const version = awsVersion(ofAws.arn);
    const versions = version === undefined ? [] : [version];
    return [["member", [...awsPolicyContent(ofAws, usage), versionsContent(versions)]]];
  });
}

function detailContent(caller: SignedCaller, detail: AuthorizationDetail): readonly XmlNode[] {
  switch (detail.kind) {
    case "user":
      return [
        ...userContent(caller, detail.record),
        ["GroupList", memberList(detail.groupNames, (name) => name)],
        ...policiesContent("User", detail),
        boundaryContent(detail.record.boundaryArn),
        tagsContent(detail.record.tags),
      ];
    case "group":
      return [...groupContent(caller, detail.record), ...policiesContent("Group", detail)];
    case "role":
      return [
        ...roleContent(caller, detail.record),
        ["InstanceProfileList", []],
        ...policiesContent("Role", detail),
        boundaryContent(detail.record.boundaryArn),
        tagsContent(detail.record.tags),
        lastUsedContent(detail.record),
      ];
    case "policy":
  }
  return [...policyContent(detail.record), versionsContent(detail.versions)];
}

function policiesContent(noun: string, detail: EntityDetail): XmlNode[] {
  const { inlinePolicies, attachedArns } = detail;
  const inline = ({ name, document }: InlinePolicy): XmlNode[] => [
    ["PolicyName", name],
    ["PolicyDocument", encodedDocument(document)],
  ];
  return [
    [`${noun}PolicyList`, memberList(inlinePolicies, inline)],
    ["AttachedManagedPolicies", memberList(attachedArns, attachedContent)],
  ];
}

function versionsContent(versions: readonly PolicyVersionRecord[]): XmlNode {
  const content = (version: PolicyVersionRecord): XmlNode[] => [
    ["Document", encodedDocument(version.document)],
    ...versionContent(version),
  ];
  return ["PolicyVersionList", memberList(versions, content)];
}
