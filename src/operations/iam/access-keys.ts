import { randomBytes } from "node:crypto";
import { newAccessKeyId } from "../../domain/auth/access-key-id.ts";
import type { MasterKey } from "../../lib/master-key.ts";
import { seal } from "../../lib/sealed-text.ts";
import { oneOf, optional, text } from "../../protocol/query-api/fields.ts";
import { PAGE, pageContent, pageRequest } from "../../protocol/query-api/pages.ts";
import { QueryError } from "../../protocol/query-api/query-error.ts";
import { action, type Actions, type QueryContext } from "../query/action.ts";
import { iamTime, memberList } from "./iam-contents.ts";
import { longName } from "./iam-fields.ts";
import { ANYTHING, entityResource } from "./iam-resources.ts";

/** Wider than AWS's, since somebody may have chosen another id for a root's key. */
const accessKeyId = text({ min: 3, max: 128, pattern: /^[\w+=.@/-]+$/, shown: String.raw`[\w]+` });

/** 40 characters of base64. */
const SECRET_BYTES = 30;

interface Owned {
  readonly UserName: string | undefined;
}

/** Undefined: root's. */
function ownerOf({ UserName: name }: Owned, { caller }: QueryContext): string | undefined {
  if (name !== undefined || caller.kind === "root") return name;
  if (caller.userName !== undefined) return caller.userName;
  throw new QueryError("ValidationError", {
    message: "Must specify userName when calling with non-User credentials",
  });
}

/** Root itself is not asked. */
const onOwner = (input: Owned, context: QueryContext) =>
  entityResource(context, "user", ownerOf(input, context) ?? "");

/** Without a name, they are about the caller. Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html, and the pages beside it */
export const ACCESS_KEY_ACTIONS = {
  /** The only answer that has the secret. */
  CreateAccessKey: action({
    input: { UserName: optional(longName) },
    on: onOwner,
    async handle(input, context) {
      const { identityDirectory, scope, settings } = context;
      const { accessKeyId: id, secret, sealedSecret } = newKey(settings.masterKey);
      const made = await identityDirectory(scope, "createAccessKey", ownerOf(input, context), {
        accessKeyId: id,
        sealedSecret,
      });
      return [
        [
          "AccessKey",
          [
            ["UserName", made.userName],
            ["AccessKeyId", id],
            ["Status", made.status],
            ["SecretAccessKey", secret],
            ["CreateDate", iamTime(made.createdMs)],
          ],
        ],
      ];
    },
  }),

  ListAccessKeys: action({
    input: { UserName: optional(longName), ...PAGE },
    on: onOwner,
    async handle(input, context) {
      const { identityDirectory, scope } = context;
      const owner = ownerOf(input, context);
      const page = await identityDirectory(scope, "listAccessKeys", owner, pageRequest(input));
      const keys = memberList(page.items, ({ accessKeyId: id, status, createdMs }) => [
        ["UserName", owner],
        ["AccessKeyId", id],
        ["Status", status],
        ["CreateDate", iamTime(createdMs)],
      ]);
      return [["AccessKeyMetadata", keys], ...pageContent(page)];
    },
  }),

  UpdateAccessKey: action({
    input: {
      UserName: optional(longName),
      AccessKeyId: accessKeyId,
      Status: oneOf(["Active", "Inactive"]),
    },
    on: onOwner,
    async handle({ AccessKeyId: id, Status: status, ...input }, context) {
      const { identityDirectory, scope } = context;
      const owner = ownerOf(input, context);
      await identityDirectory(scope, "updateAccessKey", owner, id, status);
      return undefined;
    },
  }),

  DeleteAccessKey: action({
    input: { UserName: optional(longName), AccessKeyId: accessKeyId },
    on: onOwner,
    async handle({ AccessKeyId: id, ...input }, context) {
      const { identityDirectory, scope } = context;
      await identityDirectory(scope, "deleteAccessKey", ownerOf(input, context), id);
      return undefined;
    },
  }),

  /** Of a key that was never used the date is left out. */
  GetAccessKeyLastUsed: action({
    input: { AccessKeyId: accessKeyId },
    on: () => ANYTHING,
    async handle({ AccessKeyId: id }, { identityDirectory, scope }) {
      const { userName, lastUsed } = await identityDirectory(scope, "getAccessKeyUse", id);
      const { service = "N/A", region = "N/A", atMs } = lastUsed ?? {};
      return [
        ["UserName", userName],
        [
          "AccessKeyLastUsed",
          [
            ["LastUsedDate", atMs === undefined ? undefined : iamTime(atMs)],
            ["ServiceName", service],
            ["Region", region],
          ],
        ],
      ];
    },
  }),
} satisfies Actions;

function newKey(masterKey: MasterKey | undefined) {
  if (masterKey === undefined)
    throw new Error("there is no master key, which was asked for before");
  const id = newAccessKeyId("AKIA", masterKey);
  const secret = randomBytes(SECRET_BYTES).toString("base64");
  return { accessKeyId: id, secret, sealedSecret: seal(masterKey.subKeys("secrets"), id, secret) };
}
