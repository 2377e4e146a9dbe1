import type { XmlNode } from "../../lib/xml-writer.ts";
import { awsManagedPolicy } from "../../protocol/policy/aws-managed.ts";
import { called } from "../../protocol/query-api/fields.ts";
import { QueryError } from "../../protocol/query-api/query-error.ts";
import type { PolicyName } from "../../storage/ports/identity-directory.ts";
import { action, type Actions } from "../query/action.ts";
import { ROLE, USER } from "./entity-kinds.ts";
import { arn } from "./iam-fields.ts";
import { boundaryKeys, boundedResource } from "./iam-resources.ts";
import { policyName } from "./policy-names.ts";

/** Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPermissionsBoundary.html, and the pages beside it */
export const BOUNDARY_ACTIONS: Actions = Object.assign({}, ...[USER, ROLE].map(actionsOf));

function actionsOf({ kind, noun, parameter, nameField }: typeof ROLE | typeof USER): Actions {
  const named = { Name: called(parameter, nameField) };
  return {
    [`Put${noun}PermissionsBoundary`]: action({
      input: { ...named, PermissionsBoundary: arn },
      on: ({ Name: name, PermissionsBoundary: boundary }, context) =>
        boundedResource(context, kind, name, boundaryKeys(boundary)),
      async handle({ Name: name, PermissionsBoundary: boundary }, { identityDirectory, scope }) {
        await identityDirectory(scope, "putBoundary", kind, name, boundaryName(boundary));
        return undefined;
      },
    }),

    [`Delete${noun}PermissionsBoundary`]: action({
      input: named,
      on: ({ Name: name }, context) => boundedResource(context, kind, name),
      async handle({ Name: name }, { identityDirectory, scope }) {
        await identityDirectory(scope, "putBoundary", kind, name, undefined);
        return undefined;
      },
    }),
  };
}

/**
 * A boundary that an entity is to have.
 *
 * @throws QueryError ValidationError, NoSuchEntity (one of AWS's own that Ledge has not)
 */
function boundaryName(boundary: string): PolicyName {
  const name = policyName(boundary);
  const isOfAws = boundary.startsWith("arn:aws:iam::aws:");
  if (isOfAws && awsManagedPolicy(boundary) === undefined)
    throw new QueryError("NoSuchEntity", {
      message: `Scope ARN: ${boundary} does not exist or is not attachable.`,
    });
  return name;
}

/** The same of an entity that is made. */
export function boundaryArn(boundary: string | undefined): string | undefined {
  return boundary === undefined ? undefined : boundaryName(boundary).arn;
}

export function boundaryContent(boundary: string | undefined): XmlNode {
  if (boundary === undefined) return ["PermissionsBoundary", undefined];
  return [
    "PermissionsBoundary",
    [
      ["PermissionsBoundaryType", "Policy"],
      ["PermissionsBoundaryArn", boundary],
    ],
  ];
}
