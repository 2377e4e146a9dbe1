import type { XmlNode } from "../../lib/xml-writer.ts";
import type { SignedCaller } from "../../protocol/caller.ts";
import { iamArn } from "../../protocol/iam/arns.ts";
import { optional } from "../../protocol/query-api/fields.ts";
import { PAGE, pageContent, pageRequest } from "../../protocol/query-api/pages.ts";
import type { UserRecord } from "../../storage/ports/identity-records.ts";
import { action, type Actions } from "../query/action.ts";
import { boundaryArn, boundaryContent } from "./boundaries.ts";
import { iamTime, memberList, tagsContent } from "./iam-contents.ts";
import { arn, longName, newName, path, pathPrefix, tags } from "./iam-fields.ts";
import {
  boundaryKeys,
  entityResource,
  newResource,
  ownUserName,
  renamedResources,
} from "./iam-resources.ts";
import { newTags } from "./tags.ts";

/** Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html, and the pages beside it */
export const USER_ACTIONS = {
  CreateUser: action({
    input: { UserName: newName, Path: path, Tags: tags, PermissionsBoundary: optional(arn) },
    on: ({ UserName: name, Path: at, Tags, PermissionsBoundary: boundary }, context) => ({
      ...newResource(context, "user", at, name),
      requestTags: newTags(Tags),
      keys: boundaryKeys(boundary),
    }),
    async handle(input, { identityDirectory, scope, caller }) {
      const user = await identityDirectory(scope, "createUser", {
        name: input.UserName,
        path: input.Path ?? "/",
        tags: newTags(input.Tags),
        boundaryArn: boundaryArn(input.PermissionsBoundary),
      });
      return [["User", wholeUserContent(caller, user)]];
    },
  }),

  /** Without a name, the caller; of root there is none. */
  GetUser: action({
    input: { UserName: optional(longName) },
    on: ({ UserName: name }, context) =>
      entityResource(context, "user", name ?? ownUserName(context)),
    async handle({ UserName: name }, context) {
      const { identityDirectory, scope, caller } = context;
      if (name === undefined && caller.kind === "root") return [["User", rootContent(caller)]];
      const user = await identityDirectory(scope, "getUser", name ?? ownUserName(context));
      return [["User", wholeUserContent(caller, user)]];
    },
  }),

  ListUsers: action({
    input: { PathPrefix: pathPrefix, ...PAGE },
    on: ({ PathPrefix: prefix }, context) => newResource(context, "user", prefix),
    async handle({ PathPrefix: prefix = "/", ...input }, { identityDirectory, scope, caller }) {
      const request = { ...pageRequest(input), pathPrefix: prefix };
      const page = await identityDirectory(scope, "listUsers", request);
      const users = memberList(page.items, (user) => userContent(caller, user));
      return [["Users", users], ...pageContent(page)];
    },
  }),

  UpdateUser: action({
    input: { UserName: longName, NewPath: path, NewUserName: optional(newName) },
    on: ({ UserName: name, NewPath: at, NewUserName: to }, context) =>
      renamedResources(context, "user", name, { path: at, name: to }),
    async handle(input, { identityDirectory, scope }) {
      const renaming = { name: input.NewUserName, path: input.NewPath };
      await identityDirectory(scope, "updateUser", input.UserName, renaming);
      return undefined;
    },
  }),

  DeleteUser: action({
    input: { UserName: longName },
    on: ({ UserName: name }, context) => entityResource(context, "user", name),
    async handle({ UserName: name }, { identityDirectory, scope }) {
      await identityDirectory(scope, "deleteUser", name);
      return undefined;
    },
  }),
} satisfies Actions;

/** As lists have it. */
export function userContent(
  { account }: SignedCaller,
  { id, name, path: at, createdMs }: UserRecord,
): XmlNode[] {
  return [
    ["Path", at],
    ["UserName", name],
    ["UserId", id],
    ["Arn", iamArn(account.id, "user", at, name)],
    ["CreateDate", iamTime(createdMs)],
  ];
}

function wholeUserContent(caller: SignedCaller, user: UserRecord): XmlNode[] {
  return [...userContent(caller, user), boundaryContent(user.boundaryArn), tagsContent(user.tags)];
}

/** It has no name, and was there from the beginning. */
function rootContent({ account, arn: ownArn }: SignedCaller): readonly XmlNode[] {
  return [
    ["UserId", account.id],
    ["Arn", ownArn],
    ["CreateDate", iamTime(0)],
  ];
}
