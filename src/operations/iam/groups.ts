import type { XmlNode } from "../../lib/xml-writer.ts";
import type { SignedCaller } from "../../protocol/caller.ts";
import { iamArn } from "../../protocol/iam/arns.ts";
import { optional } from "../../protocol/query-api/fields.ts";
import { PAGE, pageContent, pageRequest } from "../../protocol/query-api/pages.ts";
import type { GroupRecord } from "../../storage/ports/identity-records.ts";
import { action, type Actions } from "../query/action.ts";
import { iamTime, memberList } from "./iam-contents.ts";
import { longName, path, pathPrefix } from "./iam-fields.ts";
import { entityResource, newResource, renamedResources } from "./iam-resources.ts";
import { userContent } from "./users.ts";

/** Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateGroup.html, and the pages beside it */
export const GROUP_ACTIONS = {
  CreateGroup: action({
    input: { GroupName: longName, Path: path },
    on: ({ GroupName: name, Path: at }, context) => newResource(context, "group", at, name),
    async handle({ GroupName: name, Path: at = "/" }, { identityDirectory, scope, caller }) {
      const group = await identityDirectory(scope, "createGroup", { name, path: at });
      return [["Group", groupContent(caller, group)]];
    },
  }),

  /** With its members, in pages. */
  GetGroup: action({
    input: { GroupName: longName, ...PAGE },
    on: ({ GroupName: name }, context) => entityResource(context, "group", name),
    async handle({ GroupName: name, ...input }, { identityDirectory, scope, caller }) {
      const request = pageRequest(input);
      const { group, users } = await identityDirectory(scope, "getGroup", name, request);
      return [
        ["Group", groupContent(caller, group)],
        ["Users", memberList(users.items, (user) => userContent(caller, user))],
        ...pageContent(users),
      ];
    },
  }),

  ListGroups: action({
    input: { PathPrefix: pathPrefix, ...PAGE },
    on: ({ PathPrefix: prefix }, context) => newResource(context, "group", prefix),
    async handle({ PathPrefix: prefix = "/", ...input }, { identityDirectory, scope, caller }) {
      const request = { ...pageRequest(input), pathPrefix: prefix };
      const page = await identityDirectory(scope, "listGroups", request);
      const groups = memberList(page.items, (group) => groupContent(caller, group));
      return [["Groups", groups], ...pageContent(page)];
    },
  }),

  UpdateGroup: action({
    input: { GroupName: longName, NewPath: path, NewGroupName: optional(longName) },
    on: ({ GroupName: name, NewPath: at, NewGroupName: to }, context) =>
      renamedResources(context, "group", name, { path: at, name: to }),
    async handle(input, { identityDirectory, scope }) {
      const renaming = { name: input.NewGroupName, path: input.NewPath };
      await identityDirectory(scope, "updateGroup", input.GroupName, renaming);
      return undefined;
    },
  }),

  DeleteGroup: action({
    input: { GroupName: longName },
    on: ({ GroupName: name }, context) => entityResource(context, "group", name),
    async handle({ GroupName: name }, { identityDirectory, scope }) {
      await identityDirectory(scope, "deleteGroup", name);
      return undefined;
    },
  }),

  AddUserToGroup: action({
    input: { GroupName: longName, UserName: longName },
    on: ({ GroupName: name }, context) => entityResource(context, "group", name),
    async handle({ GroupName: group, UserName: user }, { identityDirectory, scope }) {
      await identityDirectory(scope, "addUserToGroup", group, user);
      return undefined;
    },
  }),

  RemoveUserFromGroup: action({
    input: { GroupName: longName, UserName: longName },
    on: ({ GroupName: name }, context) => entityResource(context, "group", name),
    async handle({ GroupName: group, UserName: user }, { identityDirectory, scope }) {
      await identityDirectory(scope, "removeUserFromGroup", group, user);
      return undefined;
    },
  }),

  ListGroupsForUser: action({
    input: { UserName: longName, ...PAGE },
    on: ({ UserName: name }, context) => entityResource(context, "user", name),
    async handle({ UserName: name, ...input }, { identityDirectory, scope, caller }) {
      const request = pageRequest(input);
      const page = await identityDirectory(scope, "listGroupsForUser", name, request);
      const groups = memberList(page.items, (group) => groupContent(caller, group));
      return [["Groups", groups], ...pageContent(page)];
    },
  }),
} satisfies Actions;

export function groupContent(
  { account }: SignedCaller,
  { id, name, path: at, createdMs }: GroupRecord,
): XmlNode[] {
  return [
    ["Path", at],
    ["GroupName", name],
    ["GroupId", id],
    ["Arn", iamArn(account.id, "group", at, name)],
    ["CreateDate", iamTime(createdMs)],
  ];
}
