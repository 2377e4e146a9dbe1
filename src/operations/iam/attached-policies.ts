import type { XmlNode } from "../../lib/xml-writer.ts";
import { called } from "../../protocol/query-api/fields.ts";
import { PAGE, pageContent, pageRequest } from "../../protocol/query-api/pages.ts";
import { action, type Actions, type QueryContext } from "../query/action.ts";
import { ENTITY_KINDS, type EntityNames } from "./entity-kinds.ts";
import { memberList } from "./iam-contents.ts";
import { arn, pathPrefix } from "./iam-fields.ts";
import { boundedResource, entityResource } from "./iam-resources.ts";
import { nameOfPolicy, policyName } from "./policy-names.ts";

/** Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachUserPolicy.html, and the pages beside it */
export const ATTACHED_POLICY_ACTIONS: Actions = Object.assign({}, ...ENTITY_KINDS.map(actionsOf));

/** `AttachUserPolicy`, `DetachUserPolicy`, `ListAttachedUserPolicies`, and the same of groups and roles. */
function actionsOf({ kind, noun, parameter, nameField }: EntityNames): Actions {
  const named = { Name: called(parameter, nameField) };
  const attached = { ...named, PolicyArn: arn };
  interface Attached {
    readonly Name: string;
    readonly PolicyArn: string;
  }
  const on = ({ Name: name, PolicyArn: policyArn }: Attached, context: QueryContext) =>
    boundedResource(context, kind, name, { "iam:policyarn": policyArn });
  return {
    [`Attach${noun}Policy`]: action({
      input: attached,
      on,
      async handle({ Name: name, PolicyArn: policyArn }, { identityDirectory, scope }) {
        await identityDirectory(scope, "attachPolicy", kind, name, policyName(policyArn));
        return undefined;
      },
    }),

    [`Detach${noun}Policy`]: action({
      input: attached,
      on,
      async handle({ Name: name, PolicyArn: policyArn }, { identityDirectory, scope }) {
        await identityDirectory(scope, "detachPolicy", kind, name, policyName(policyArn).arn);
        return undefined;
      },
    }),

    [`ListAttached${noun}Policies`]: action({
      input: { ...named, PathPrefix: pathPrefix, ...PAGE },
      on: ({ Name: name }, context) => entityResource(context, kind, name),
      async handle({ Name: name, PathPrefix: prefix = "/", ...input }, context) {
        const { identityDirectory, scope } = context;
        const request = { ...pageRequest(input), pathPrefix: prefix };
        const page = await identityDirectory(scope, "listAttachedPolicies", kind, name, request);
        const policies = memberList(page.items, attachedContent);
        return [["AttachedPolicies", policies], ...pageContent(page)];
      },
    }),
  };
}

export function attachedContent(policyArn: string): XmlNode[] {
  return [
    ["PolicyName", nameOfPolicy(policyArn)],
    ["PolicyArn", policyArn],
  ];
}
