import { type Field, optional } from "../../protocol/query-api/fields.ts";
import { PAGE, pageRequest } from "../../protocol/query-api/pages.ts";
import { QueryError } from "../../protocol/query-api/query-error.ts";
import { type Action, action, type Actions, type QueryContext } from "../query/action.ts";
import { longName, newName } from "./iam-fields.ts";
import { ANYTHING, entityResource, ownUserName } from "./iam-resources.ts";

/**
 * What Ledge has none of, and clients ask for before they delete a user or a role: certificates, MFA devices, passwords, and so on.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListMFADevices.html, and the pages of the others
 */
export const EMPTY_ACTIONS: Actions = {
  ListMFADevices: ofUser("MFADevices", { isPaged: true }),
  ListSSHPublicKeys: ofUser("SSHPublicKeys", { isPaged: true }),
  ListServiceSpecificCredentials: ofUser("ServiceSpecificCredentials", { isPaged: false }),
  ListSigningCertificates: ofUser("Certificates", { isPaged: true }),

  ListInstanceProfilesForRole: action({
    input: { RoleName: newName, ...PAGE },
    on: ({ RoleName: name }, context) => entityResource(context, "role", name),
    async handle({ RoleName: name, ...input }, { identityDirectory, scope }) {
      pageRequest(input);
      await identityDirectory(scope, "findEntity", "role", name);
      return empty("InstanceProfiles", true);
    },
  }),

  ListInstanceProfiles: ofAccount("InstanceProfiles", true),
  ListSAMLProviders: ofAccount("SAMLProviderList", false),
  ListServerCertificates: ofAccount("ServerCertificateMetadataList", true),
  ListVirtualMFADevices: ofAccount("VirtualMFADevices", true),

  DeleteLoginProfile: loginProfile(longName),
  GetLoginProfile: loginProfile(optional(longName)),
  GetAccountPasswordPolicy: action({
    input: {},
    on: () => ANYTHING,
    handle(_, { caller }) {
      const message = `The Password Policy with domain name ${caller.account.id} cannot be found.`;
      throw new QueryError("NoSuchEntity", { message });
    },
  }),
};

function ofUser(listName: string, { isPaged }: { readonly isPaged: boolean }): Action {
  return action({
    input: { UserName: optional(longName), ...PAGE },
    on: ({ UserName: name }, context) => userResource(name, context),
    async handle({ UserName: name, ...input }, context) {
      pageRequest(input);
      // Root has none, either.
      if (name !== undefined || context.caller.kind !== "root") await findUser(name, context);
      return empty(listName, isPaged);
    },
  });
}

function ofAccount(listName: string, isPaged: boolean): Action {
  return action({
    input: PAGE,
    on: () => ANYTHING,
    handle(input) {
      pageRequest(input);
      return empty(listName, isPaged);
    },
  });
}

function loginProfile(field: Field<string | undefined>): Action {
  return action({
    input: { UserName: field },
    on: ({ UserName: name }, context) => userResource(name, context),
    async handle({ UserName: name }, context) {
      const { name: spelled } = await findUser(name, context);
      const message = `Login Profile for User ${spelled} cannot be found.`;
      throw new QueryError("NoSuchEntity", { message });
    },
  });
}

function userResource(name: string | undefined, context: QueryContext) {
  return entityResource(context, "user", name ?? ownUserName(context));
}

function findUser(name: string | undefined, context: QueryContext) {
  const { identityDirectory, scope } = context;
  return identityDirectory(scope, "findEntity", "user", name ?? ownUserName(context));
}

function empty(listName: string, isPaged: boolean) {
  return [[listName, []] as const, ["IsTruncated", isPaged ? false : undefined] as const];
}
