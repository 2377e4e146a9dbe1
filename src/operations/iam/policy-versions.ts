import type { XmlNode } from "../../lib/xml-writer.ts";
import { awsManagedPolicy } from "../../protocol/policy/aws-managed.ts";
import { boolean, optional, text } from "../../protocol/query-api/fields.ts";
import { PAGE, pageContent, pageRequest } from "../../protocol/query-api/pages.ts";
import { QueryError } from "../../protocol/query-api/query-error.ts";
import type { PolicyVersionRecord } from "../../storage/ports/identity-records.ts";
import { action, type Actions, type QueryContext } from "../query/action.ts";
import { encodedDocument, iamTime, memberList } from "./iam-contents.ts";
import { arn, policyDocument } from "./iam-fields.ts";
import { policyResource } from "./iam-resources.ts";
import { checkManagedDocument } from "./managed-policies.ts";
import { policyName } from "./policy-names.ts";

const versionId = text({
  pattern: /^v[1-9]\d{0,8}$/,
  shown: String.raw`v[1-9][0-9]*(\.[A-Za-z0-9-]*)?`,
});

const ONE_VERSION = { PolicyArn: arn, VersionId: versionId };

const onPolicy = ({ PolicyArn: policy }: { readonly PolicyArn: string }, context: QueryContext) =>
  policyResource(context, policy);

/** Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicyVersion.html, and the pages beside it */
export const POLICY_VERSION_ACTIONS = {
  CreatePolicyVersion: action({
    input: {
      PolicyArn: arn,
      PolicyDocument: policyDocument,
      SetAsDefault: optional(boolean()),
    },
    on: onPolicy,
    async handle(input, { identityDirectory, scope }) {
      const { PolicyArn: policyArn, PolicyDocument: document, SetAsDefault: isDefault } = input;
      checkManagedDocument(document);
      const version = await identityDirectory(
        scope,
        "createPolicyVersion",
        policyName(policyArn).arn,
        document,
        isDefault ?? false,
      );
      return [["PolicyVersion", versionContent(version)]];
    },
  }),

  GetPolicyVersion: action({
    input: ONE_VERSION,
    on: onPolicy,
    async handle({ PolicyArn: policyArn, VersionId: id }, { identityDirectory, scope }) {
      policyName(policyArn);
      const version =
        awsVersion(policyArn, id) ??
        (await identityDirectory(scope, "getPolicyVersion", policyArn, numberOf(id)));
      const document: XmlNode = ["Document", encodedDocument(version.document)];
      return [["PolicyVersion", [document, ...versionContent(version)]]];
    },
  }),

  ListPolicyVersions: action({
    input: { PolicyArn: arn, ...PAGE },
    on: onPolicy,
    async handle({ PolicyArn: policyArn, ...input }, { identityDirectory, scope }) {
      const request = pageRequest(input);
      const ofAws = awsVersion(policyArn);
      const page =
        ofAws === undefined
          ? await identityDirectory(scope, "listPolicyVersions", policyName(policyArn).arn, request)
          : { items: [ofAws], next: undefined };
      return [["Versions", memberList(page.items, versionContent)], ...pageContent(page)];
    },
  }),

  DeletePolicyVersion: action({
    input: ONE_VERSION,
    on: onPolicy,
    async handle({ PolicyArn: policyArn, VersionId: id }, { identityDirectory, scope }) {
      const { arn: named } = policyName(policyArn);
      await identityDirectory(scope, "deletePolicyVersion", named, numberOf(id));
      return undefined;
    },
  }),

  SetDefaultPolicyVersion: action({
    input: ONE_VERSION,
    on: onPolicy,
    async handle({ PolicyArn: policyArn, VersionId: id }, { identityDirectory, scope }) {
      const { arn: named } = policyName(policyArn);
      await identityDirectory(scope, "setDefaultPolicyVersion", named, numberOf(id));
      return undefined;
    },
  }),
} satisfies Actions;

/**
 * Of one of AWS's own policies the only version that Ledge has.
 *
 * @returns undefined: it is none of AWS's own
 * @throws QueryError NoSuchEntity for another version of it
 */
export function awsVersion(policyArn: string, id?: string): PolicyVersionRecord | undefined {
  const policy = awsManagedPolicy(policyArn);
  if (policy === undefined) return undefined;
  if (id !== undefined && id !== policy.versionId)
    throw new QueryError("NoSuchEntity", {
      message: `Policy ${policyArn} version ${id} does not exist or is not attachable.`,
    });
  return {
    version: numberOf(policy.versionId),
    isDefault: true,
    createdMs: policy.updatedMs,
    document: policy.document,
  };
}

function numberOf(id: string): number {
  return Number(id.slice(1));
}

export function versionContent({ version, isDefault, createdMs }: PolicyVersionRecord): XmlNode[] {
  return [
    ["VersionId", `v${version}`],
    ["IsDefaultVersion", isDefault],
    ["CreateDate", iamTime(createdMs)],
  ];
}
