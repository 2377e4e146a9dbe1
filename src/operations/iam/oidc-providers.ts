import { list, optional, text } from "../../protocol/query-api/fields.ts";
import { QueryError } from "../../protocol/query-api/query-error.ts";
import { action, type Actions, type QueryContext } from "../query/action.ts";
import { iamTime, memberList, tagsContent } from "./iam-contents.ts";
import { arn, tags } from "./iam-fields.ts";
import { ANYTHING, providerResource } from "./iam-resources.ts";
import { newTags } from "./tags.ts";

const clientId = text({ min: 1, max: 255 });
const clientIds = optional(list(clientId));
const thumbprint = text({ min: 40, max: 40 });
const thumbprints = list(thumbprint, { max: 5 });
const providerArn = { OpenIDConnectProviderArn: arn };

interface Named {
  readonly OpenIDConnectProviderArn: string;
}

const onProvider = ({ OpenIDConnectProviderArn: named }: Named, context: QueryContext) =>
  providerResource(context, named);

/** Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html, and the pages beside it */
export const OIDC_PROVIDER_ACTIONS = {
  CreateOpenIDConnectProvider: action({
    input: {
      Url: text({ min: 1, max: 255 }),
      ClientIDList: clientIds,
      ThumbprintList: optional(thumbprints),
      Tags: tags,
    },
    on: ({ Url: url, Tags }, context) => ({
      arn: arnOf(context, urlOf(url, context)),
      requestTags: newTags(Tags),
    }),
    async handle(input, context) {
      const { identityDirectory, scope } = context;
      const url = urlOf(input.Url, context);
      const provider = {
        arn: arnOf(context, url),
        url,
        clientIds: input.ClientIDList ?? [],
        thumbprints: input.ThumbprintList ?? [],
        tags: newTags(input.Tags),
      };
      await identityDirectory(scope, "createProvider", provider);
      return [["OpenIDConnectProviderArn", provider.arn], tagsContent(provider.tags)];
    },
  }),

  GetOpenIDConnectProvider: action({
    input: providerArn,
    on: onProvider,
    async handle({ OpenIDConnectProviderArn: named }, { identityDirectory, scope }) {
      const provider = await identityDirectory(scope, "getProvider", named);
      return [
        ["Url", provider.url],
        ["ClientIDList", memberList(provider.clientIds, (id) => id)],
        ["ThumbprintList", memberList(provider.thumbprints, (each) => each)],
        ["CreateDate", iamTime(provider.createdMs)],
        tagsContent(provider.tags),
      ];
    },
  }),

  ListOpenIDConnectProviders: action({
    input: {},
    on: () => ANYTHING,
    async handle(_, { identityDirectory, scope }) {
      const arns = await identityDirectory(scope, "listProviders");
      return [["OpenIDConnectProviderList", memberList(arns, (each) => [["Arn", each]])]];
    },
  }),

  DeleteOpenIDConnectProvider: action({
    input: providerArn,
    on: onProvider,
    async handle({ OpenIDConnectProviderArn: named }, { identityDirectory, scope }) {
      await identityDirectory(scope, "deleteProvider", named);
      return undefined;
    },
  }),

  AddClientIDToOpenIDConnectProvider: action({
    input: { ...providerArn, ClientID: clientId },
    on: onProvider,
    async handle({ OpenIDConnectProviderArn: named, ClientID: id }, context) {
      await context.identityDirectory(context.scope, "updateProvider", named, { addClientId: id });
      return undefined;
    },
  }),

  RemoveClientIDFromOpenIDConnectProvider: action({
    input: { ...providerArn, ClientID: clientId },
    on: onProvider,
    async handle({ OpenIDConnectProviderArn: named, ClientID: id }, context) {
      const change = { removeClientId: id };
      await context.identityDirectory(context.scope, "updateProvider", named, change);
      return undefined;
    },
  }),

  UpdateOpenIDConnectProviderThumbprint: action({
    input: { ...providerArn, ThumbprintList: thumbprints },
    on: onProvider,
    async handle({ OpenIDConnectProviderArn: named, ThumbprintList: all }, context) {
      const change = { thumbprints: all };
      await context.identityDirectory(context.scope, "updateProvider", named, change);
      return undefined;
    },
  }),
} satisfies Actions;

/**
 * The URL of a provider without its scheme, which is https; where issuers may be local, http will do.
 *
 * @throws QueryError InvalidInput
 */
function urlOf(url: string, { settings }: QueryContext): string {
  const parsed = URL.parse(url);
  const isSafe =
    parsed?.protocol === "https:" || (settings.hasLocalIssuers && parsed?.protocol === "http:");
  if (parsed === null || !isSafe || parsed.username !== "" || parsed.search + parsed.hash !== "")
    throw new QueryError("InvalidInput", {
      message: "Invalid Open ID Connect Provider URL",
    });
  return url.slice(url.indexOf("//") + 2);
}

function arnOf({ caller }: QueryContext, url: string): string {
  return `arn:aws:iam::${caller.account.id}:oidc-provider/${url}`;
}
