import { warnOfOpenTrust } from "../../domain/oidc/open-trust.ts";
import type { XmlNode } from "../../lib/xml-writer.ts";
import type { SignedCaller } from "../../protocol/caller.ts";
import { iamArn } from "../../protocol/iam/arns.ts";
import { readTrustPolicy, type TrustPolicy } from "../../protocol/policy/trust-policy.ts";
import { integer, optional, text } from "../../protocol/query-api/fields.ts";
import { PAGE, pageContent, pageRequest } from "../../protocol/query-api/pages.ts";
import type { RoleRecord } from "../../storage/ports/identity-records.ts";
import { action, type Actions, type QueryContext } from "../query/action.ts";
import { boundaryArn, boundaryContent } from "./boundaries.ts";
import { requireSize } from "./document-sizes.ts";
import { encodedDocument, iamTime, memberList, tagsContent } from "./iam-contents.ts";
import { arn, newName, path, pathPrefix, policyDocument, tags } from "./iam-fields.ts";
import { boundaryKeys, entityResource, newResource } from "./iam-resources.ts";
import { newTags } from "./tags.ts";

const description = optional(
  text({
    max: 1000,
    pattern: /^[\t\n\r -~\u00a1-\u00ff]*$/,
    shown: String.raw`[\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*`,
  }),
);
const maxSessionDuration = optional(integer(3600, 43_200));
const DEFAULT_SESSION_SECONDS = 3600;

const onRole = ({ RoleName: name }: { readonly RoleName: string }, context: QueryContext) =>
  entityResource(context, "role", name);

/** Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html, and the pages beside it */
export const ROLE_ACTIONS = {
  CreateRole: action({
    input: {
      RoleName: newName,
      Path: path,
      AssumeRolePolicyDocument: policyDocument,
      Description: description,
      MaxSessionDuration: maxSessionDuration,
      PermissionsBoundary: optional(arn),
      Tags: tags,
    },
    on: ({ RoleName: name, Path: at, Tags, PermissionsBoundary: boundary }, context) => ({
      ...newResource(context, "role", at, name),
      requestTags: newTags(Tags),
      keys: boundaryKeys(boundary),
    }),
    async handle(input, context) {
      const { identityDirectory, scope, caller } = context;
      const role = await identityDirectory(scope, "createRole", {
        name: input.RoleName,
        path: input.Path ?? "/",
        tags: newTags(input.Tags),
        boundaryArn: boundaryArn(input.PermissionsBoundary),
        trust: await newTrust(context, input.RoleName, input.AssumeRolePolicyDocument),
        description: input.Description,
        maxSessionSeconds: input.MaxSessionDuration ?? DEFAULT_SESSION_SECONDS,
      });
      return [["Role", [...roleContent(caller, role), tagsContent(role.tags)]]];
    },
  }),

  GetRole: action({
    input: { RoleName: newName },
    on: onRole,
    async handle({ RoleName: name }, { identityDirectory, scope, caller }) {
      const role = await identityDirectory(scope, "getRole", name);
      const content: XmlNode[] = [
        ...roleContent(caller, role),
        ...describedContent(role),
        boundaryContent(role.boundaryArn),
        tagsContent(role.tags),
        lastUsedContent(role),
      ];
      return [["Role", content]];
    },
  }),

  /** Without tags and boundaries, as AWS's. */
  ListRoles: action({
    input: { PathPrefix: pathPrefix, ...PAGE },
    on: ({ PathPrefix: prefix }, context) => newResource(context, "role", prefix),
    async handle({ PathPrefix: prefix = "/", ...input }, { identityDirectory, scope, caller }) {
      const request = { ...pageRequest(input), pathPrefix: prefix };
      const page = await identityDirectory(scope, "listRoles", request);
      const roles = memberList(page.items, (role) => [
        ...roleContent(caller, role),
        ...describedContent(role),
      ]);
      return [["Roles", roles], ...pageContent(page)];
    },
  }),

  UpdateRole: action({
    input: {
      RoleName: newName,
      Description: description,
      MaxSessionDuration: maxSessionDuration,
    },
    on: onRole,
    async handle(input, { identityDirectory, scope }) {
      const { Description: described, MaxSessionDuration: seconds } = input;
      await identityDirectory(scope, "updateRole", input.RoleName, {
        ...(described !== undefined && { description: described }),
        ...(seconds !== undefined && { maxSessionSeconds: seconds }),
      });
      return [];
    },
  }),

  UpdateRoleDescription: action({
    input: { RoleName: newName, Description: description },
    on: onRole,
    async handle({ RoleName: name, Description: described = "" }, context) {
      const { identityDirectory, scope, caller } = context;
      const change = { description: described };
      const role = await identityDirectory(scope, "updateRole", name, change);
      return [["Role", [...roleContent(caller, role), ...describedContent(role)]]];
    },
  }),

  UpdateAssumeRolePolicy: action({
    input: { RoleName: newName, PolicyDocument: policyDocument },
    on: onRole,
    async handle({ RoleName: name, PolicyDocument: document }, context) {
      const { identityDirectory, scope } = context;
      const trust = await newTrust(context, name, document);
      await identityDirectory(scope, "updateRole", name, { trust });
      return undefined;
    },
  }),

  DeleteRole: action({
    input: { RoleName: newName },
    on: onRole,
    async handle({ RoleName: name }, { identityDirectory, scope }) {
      await identityDirectory(scope, "deleteRole", name);
      return undefined;
    },
  }),
} satisfies Actions;

/**
 * Who may act as the role. The users and roles that it names are those that there are now.
 *
 * @throws QueryError MalformedPolicyDocument, LimitExceeded
 */
async function newTrust(
  { identityDirectory, scope }: QueryContext,
  roleName: string,
  document: string,
): Promise<TrustPolicy> {
  const trust = await readTrustPolicy(document, (arns) =>
    identityDirectory(scope, "findPrincipals", arns),
  );
  requireSize(document, "ACLSizePerRole", 2048);
  warnOfOpenTrust(roleName, document);
  return trust;
}

/** As CreateRole answers it, which leaves out more than GetRole. */
export function roleContent(
  { account }: SignedCaller,
  { id, name, path: at, createdMs, trust }: RoleRecord,
): XmlNode[] {
  return [
    ["Path", at],
    ["RoleName", name],
    ["RoleId", id],
    ["Arn", iamArn(account.id, "role", at, name)],
    ["CreateDate", iamTime(createdMs)],
    ["AssumeRolePolicyDocument", encodedDocument(trust.text)],
  ];
}

/** Empty: never. */
export function lastUsedContent({ lastUsed }: RoleRecord): XmlNode {
  if (lastUsed === undefined) return ["RoleLastUsed", []];
  return [
    "RoleLastUsed",
    [
      ["LastUsedDate", iamTime(lastUsed.atMs)],
      ["Region", lastUsed.region],
    ],
  ];
}

function describedContent({ description: described, maxSessionSeconds }: RoleRecord): XmlNode[] {
  return [
    ["Description", described],
    ["MaxSessionDuration", maxSessionSeconds],
  ];
}
