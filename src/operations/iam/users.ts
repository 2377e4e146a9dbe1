import type { XmlNode } from "../../lib/xml-writer.ts";
import type { SignedCaller } from "../../protocol/caller.ts";
import { iamArn } from "../../protocol/iam/arns.ts";
import { optional } from "../../protocol/query-api/fields.ts";
import { PAGE, pageContent, pageRequest } from "../../protocol/query-api/pages.ts";
import type { UserRecord } from "../../storage/ports/identity-directory.ts";
import { action, type Actions } from "../query/action.ts";
import { iamTime, memberList, tagsContent } from "./iam-contents.ts";
import { arn, longName, newName, path, pathPrefix, tags } from "./iam-fields.ts";
import { ownUserName, userResource } from "./iam-resources.ts";
import { newTags } from "./tags.ts";

/** Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html, and the pages beside it */
export const USER_ACTIONS = {
  CreateUser: action({
    input: { UserName: newName, Path: path, Tags: tags, PermissionsBoundary: optional(arn) },
    on: ({ UserName: name, Path = "/", Tags = [] }, { caller }) => ({
      arn: iamArn(caller.account.id, "user", Path, name),
      requestTags: newTags(Tags),
    }),
    async handle(input, { identityDirectory, scope, caller }) {
      const user = await identityDirectory(scope, "createUser", {
        name: input.UserName,
        path: input.Path ?? "/",
        tags: newTags(input.Tags ?? []),
        boundaryArn: input.PermissionsBoundary,
      });
      return [["User", [...userContent(caller, user), tagsContent(user.tags)]]];
    },
  }),

  GetUser: action({
    input: { UserName: optional(longName) },
    on: ({ UserName: name }, context) => userResource(context, name ?? ownUserName(context)),
    async handle({ UserName: name }, context) {
      const { identityDirectory, scope, caller } = context;
      if (name === undefined && caller.kind === "root") return [["User", rootContent(caller)]];
      const user = await identityDirectory(scope, "getUser", name ?? ownUserName(context));
      return [["User", [...userContent(caller, user), tagsContent(user.tags)]]];
    },
  }),

  ListUsers: action({
    input: { PathPrefix: pathPrefix, ...PAGE },
    on: ({ PathPrefix: prefix = "/" }, { caller }) => ({
      arn: iamArn(caller.account.id, "user", prefix, ""),
    }),
    async handle(input, { identityDirectory, scope, caller }) {
      const page = await identityDirectory(scope, "listUsers", {
        ...pageRequest(input),
        pathPrefix: input.PathPrefix ?? "/",
      });
      const users = memberList(page.items, (user) => userContent(caller, user));
      return [["Users", users], ...pageContent(page)];
    },
  }),

  DeleteUser: action({
    input: { UserName: longName },
    on: ({ UserName: name }, context) => userResource(context, name),
    async handle({ UserName: name }, { identityDirectory, scope }) {
      await identityDirectory(scope, "deleteUser", name);
      return undefined;
    },
  }),
} satisfies Actions;

function userContent({ account }: SignedCaller, { id, name, path: at, createdMs }: UserRecord) {
  return [
    ["Path", at],
    ["UserName", name],
    ["UserId", id],
    ["Arn", iamArn(account.id, "user", at, name)],
    ["CreateDate", iamTime(createdMs)],
  ] as const satisfies readonly XmlNode[];
}

/** It has no name, and was there from the beginning. */
function rootContent({ account, arn: ownArn }: SignedCaller): readonly XmlNode[] {
  return [
    ["UserId", account.id],
    ["Arn", ownArn],
    ["CreateDate", iamTime(0)],
  ];
}
