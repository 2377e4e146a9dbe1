import { readIdentityPolicy } from "../../protocol/policy/identity-policy.ts";
import { called } from "../../protocol/query-api/fields.ts";
import { PAGE, pageContent, pageRequest } from "../../protocol/query-api/pages.ts";
import { action, type Actions } from "../query/action.ts";
import { ENTITY_KINDS, type EntityNames } from "./entity-kinds.ts";
import { encodedDocument, memberList } from "./iam-contents.ts";
import { longName, policyDocument } from "./iam-fields.ts";
import { boundedResource, entityResource } from "./iam-resources.ts";

/** Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPolicy.html, and the pages beside it */
export const INLINE_POLICY_ACTIONS: Actions = Object.assign({}, ...ENTITY_KINDS.map(actionsOf));

/** `PutUserPolicy`, `GetUserPolicy`, `ListUserPolicies`, `DeleteUserPolicy`, and the same of groups and roles. */
function actionsOf({
  kind,
  noun,
  parameter,
  nameField,
  inlineLimitCharacters,
}: EntityNames): Actions {
  const named = { Name: called(parameter, nameField) };
  const one = { ...named, PolicyName: longName };
  return {
    [`Put${noun}Policy`]: action({
      input: { ...one, PolicyDocument: policyDocument },
      on: ({ Name: name }, context) => boundedResource(context, kind, name),
      async handle({ Name: name, PolicyName: policyName, PolicyDocument: document }, context) {
        readIdentityPolicy(document);
        const { identityDirectory, scope } = context;
        const policy = { name: policyName, document };
        await identityDirectory(
          scope,
          "putInlinePolicy",
          kind,
          name,
          policy,
          inlineLimitCharacters,
        );
        return undefined;
      },
    }),

    [`Get${noun}Policy`]: action({
      input: one,
      on: ({ Name: name }, context) => entityResource(context, kind, name),
      async handle({ Name: name, PolicyName: policyName }, { identityDirectory, scope }) {
        const policy = await identityDirectory(scope, "getInlinePolicy", kind, name, policyName);
        return [
          [parameter, policy.entityName],
          ["PolicyName", policy.name],
          ["PolicyDocument", encodedDocument(policy.document)],
        ];
      },
    }),

    [`List${noun}Policies`]: action({
      input: { ...named, ...PAGE },
      on: ({ Name: name }, context) => entityResource(context, kind, name),
      async handle(input, { identityDirectory, scope }) {
        const request = pageRequest(input);
        const page = await identityDirectory(
          scope,
          "listInlinePolicies",
          kind,
          input.Name,
          request,
        );
        return [["PolicyNames", memberList(page.items, (name) => name)], ...pageContent(page)];
      },
    }),

    [`Delete${noun}Policy`]: action({
      input: one,
      on: ({ Name: name }, context) => boundedResource(context, kind, name),
      async handle({ Name: name, PolicyName: policyName }, { identityDirectory, scope }) {
        await identityDirectory(scope, "deleteInlinePolicy", kind, name, policyName);
        return undefined;
      },
    }),
  };
}
