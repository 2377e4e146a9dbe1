import type { XmlNode } from "../../lib/xml-writer.ts";
import { type AwsManagedPolicy, awsManagedPolicy } from "../../protocol/policy/aws-managed.ts";
import { readIdentityPolicy } from "../../protocol/policy/identity-policy.ts";
import { boolean, oneOf, optional, text } from "../../protocol/query-api/fields.ts";
import { PAGE, pageContent, pageRequest } from "../../protocol/query-api/pages.ts";
import type {
  PolicyEntity,
  PolicyUsage,
  ManagedPolicyRecord,
} from "../../storage/ports/identity-records.ts";
import { action, type Actions, type QueryContext } from "../query/action.ts";
import { requireSize } from "./document-sizes.ts";
import { iamTime, memberList, tagsContent } from "./iam-contents.ts";
import { arn, longName, pathPrefix, policyDocument, policyPath, tags } from "./iam-fields.ts";
import { ANYTHING, newResource, policyResource } from "./iam-resources.ts";
import { listPolicies } from "./list-policies.ts";
import { policyName } from "./policy-names.ts";
import { newTags } from "./tags.ts";

const USAGES = { PermissionsPolicy: "permissions", PermissionsBoundary: "boundary" } as const;
const usageFilter = optional(oneOf(["PermissionsPolicy", "PermissionsBoundary"]));
const KINDS = {
  Group: ["group"],
  Role: ["role"],
  User: ["user"],
  LocalManagedPolicy: [],
  AWSManagedPolicy: [],
} as const;
/** In the order that pages go by. */
const ALL_KINDS = ["group", "role", "user"] as const;

const onPolicy = ({ PolicyArn: policy }: { readonly PolicyArn: string }, context: QueryContext) =>
  policyResource(context, policy);

/** Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html, and the pages beside it */
export const MANAGED_POLICY_ACTIONS = {
  CreatePolicy: action({
    input: {
      PolicyName: longName,
      Path: policyPath,
      PolicyDocument: policyDocument,
      Description: optional(text({ max: 1000 })),
      Tags: tags,
    },
    on: ({ PolicyName: name, Path: at, Tags }, context) => ({
      ...newResource(context, "policy", at, name),
      requestTags: newTags(Tags),
    }),
    async handle(input, { identityDirectory, scope }) {
      const { PolicyDocument: document } = input;
      checkManagedDocument(document);
      const policy = await identityDirectory(scope, "createPolicy", {
        name: input.PolicyName,
        path: input.Path ?? "/",
        description: input.Description,
        tags: newTags(input.Tags),
        document,
      });
      return [["Policy", [...policyContent(policy), tagsContent(policy.tags)]]];
    },
  }),

  GetPolicy: action({
    input: { PolicyArn: arn },
    on: onPolicy,
    async handle({ PolicyArn: policyArn }, { identityDirectory, scope }) {
      policyName(policyArn);
      const ofAws = awsManagedPolicy(policyArn);
      if (ofAws !== undefined) {
        const [usage] = await identityDirectory(scope, "getPolicyUsage", [policyArn]);
        const description: XmlNode = ["Description", ofAws.description];
        return [["Policy", [...awsPolicyContent(ofAws, usage), description]]];
      }
      const policy = await identityDirectory(scope, "getPolicy", policyArn);
      const { description } = policy;
      return [
        [
          "Policy",
          [...policyContent(policy), ["Description", description], tagsContent(policy.tags)],
        ],
      ];
    },
  }),

  ListPolicies: action({
    input: {
      Scope: optional(oneOf(["All", "AWS", "Local"])),
      OnlyAttached: optional(boolean()),
      PathPrefix: pathPrefix,
      PolicyUsageFilter: usageFilter,
      ...PAGE,
    },
    on: () => ANYTHING,
    async handle(input, context) {
      const { PolicyUsageFilter: usage } = input;
      const page = await listPolicies(context, input.Scope ?? "All", {
        ...pageRequest(input),
        pathPrefix: input.PathPrefix ?? "/",
        onlyAttached: input.OnlyAttached ?? false,
        usage: usage && USAGES[usage],
      });
      const policies = memberList(page.items, (item) =>
        "ofAws" in item ? awsPolicyContent(item.ofAws, item.usage) : policyContent(item),
      );
      return [["Policies", policies], ...pageContent(page)];
    },
  }),

  DeletePolicy: action({
    input: { PolicyArn: arn },
    on: onPolicy,
    async handle({ PolicyArn: policy }, { identityDirectory, scope }) {
      await identityDirectory(scope, "deletePolicy", policyName(policy).arn);
      return undefined;
    },
  }),

  ListEntitiesForPolicy: action({
    input: {
      PolicyArn: arn,
      EntityFilter: optional(
        oneOf(["User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"]),
      ),
      PathPrefix: pathPrefix,
      PolicyUsageFilter: usageFilter,
      ...PAGE,
    },
    on: onPolicy,
    async handle(input, { identityDirectory, scope }) {
      const { EntityFilter: filter, PolicyUsageFilter: usage } = input;
      const policy = policyName(input.PolicyArn);
      const page = await identityDirectory(scope, "listEntitiesForPolicy", policy, {
        ...pageRequest(input),
        pathPrefix: input.PathPrefix ?? "/",
        kinds: filter === undefined ? ALL_KINDS : KINDS[filter],
        usage: usage && USAGES[usage],
      });
      return [
        ["PolicyGroups", entitiesContent(page.items, "group", "Group")],
        ["PolicyUsers", entitiesContent(page.items, "user", "User")],
        ["PolicyRoles", entitiesContent(page.items, "role", "Role")],
        ...pageContent(page),
      ];
    },
  }),
} satisfies Actions;

const MANAGED_LIMIT_CHARACTERS = 6144;

/** @throws QueryError MalformedPolicyDocument, LimitExceeded */
export function checkManagedDocument(document: string): void {
  readIdentityPolicy(document);
  requireSize(document, "PolicySize", MANAGED_LIMIT_CHARACTERS);
}

function entitiesContent(
  entities: readonly PolicyEntity[],
  kind: PolicyEntity["kind"],
  noun: string,
): XmlNode[] {
  const ofKind = entities.filter((entity) => entity.kind === kind);
  return memberList(ofKind, ({ id, name }) => [
    [`${noun}Name`, name],
    [`${noun}Id`, id],
  ]);
}

interface Described extends PolicyUsage {
  readonly name: string;
  readonly id: string;
  readonly arn: string;
  readonly path: string;
  readonly versionId: string;
  readonly createdMs: number;
  readonly updatedMs: number;
}

export function policyContent(policy: ManagedPolicyRecord): XmlNode[] {
  return content({ ...policy, versionId: `v${policy.defaultVersion}` });
}

export function awsPolicyContent(
  policy: AwsManagedPolicy,
  usage: PolicyUsage = { attachments: 0, boundaries: 0 },
): XmlNode[] {
  return content({ ...policy, ...usage, path: "/" });
}

/** As lists have it, without description and tags. */
function content(policy: Described): XmlNode[] {
  return [
    ["PolicyName", policy.name],
    ["PolicyId", policy.id],
    ["Arn", policy.arn],
    ["Path", policy.path],
    ["DefaultVersionId", policy.versionId],
    ["AttachmentCount", policy.attachments],
    ["PermissionsBoundaryUsageCount", policy.boundaries],
    ["IsAttachable", true],
    ["CreateDate", iamTime(policy.createdMs)],
    ["UpdateDate", iamTime(policy.updatedMs)],
  ];
}
