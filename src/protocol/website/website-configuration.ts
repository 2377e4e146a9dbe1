import { type Infer, object, one, optional, some, text } from "../../lib/xml-shape.ts";
import { invalidArgument, S3Error } from "../errors.ts";

const MAX_RULES = 50;
const PROTOCOLS: ReadonlySet<string | undefined> = new Set(["http", "https", undefined]);

const Condition = object({
  HttpErrorCodeReturnedEquals: optional(text),
  KeyPrefixEquals: optional(text),
});

// Of the protocols and the codes any text: what is wrong with them has messages of its own.
const Redirect = object({
  HostName: optional(text),
  HttpRedirectCode: optional(text),
  Protocol: optional(text),
  ReplaceKeyPrefixWith: optional(text),
  ReplaceKeyWith: optional(text),
});

const RoutingRule = object({ Condition: optional(Condition), Redirect: one(Redirect) });

const RedirectAllRequestsTo = object({ HostName: one(text), Protocol: optional(text) });

export const WebsiteConfiguration = object({
  RedirectAllRequestsTo: optional(RedirectAllRequestsTo),
  IndexDocument: optional(object({ Suffix: one(text) })),
  ErrorDocument: optional(object({ Key: one(text) })),
  RoutingRules: optional(object({ RoutingRule: some(RoutingRule) })),
});

export type WebsiteConfiguration = Infer<typeof WebsiteConfiguration>;
export type RoutingRule = Infer<typeof RoutingRule>;
export type Redirect = Infer<typeof Redirect>;

/**
 * What the document's shape does not say.
 *
 * @throws S3Error InvalidArgument, InvalidRequest, MalformedXML (an empty key of the error document)
 * Source: recorded from AWS by `test_validate_website_configuration` in
 *   https://github.com/localstack/localstack/blob/main/tests/aws/services/s3/test_s3.py; of codes and counts as others have seen
 *   them, e.g. https://github.com/versity/versitygw
 */
export function checkWebsite(configuration: WebsiteConfiguration): void {
  const { RedirectAllRequestsTo: all, ...others } = configuration;
  if (all !== undefined) {
    if (Object.values(others).some((part) => part !== undefined))
      throw invalidArgument(
        "RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules.",
        "RedirectAllRequestsTo",
        "not null",
      );
    checkTarget(all);
    return;
  }
  const { IndexDocument, ErrorDocument, RoutingRules } = others;
  checkSuffix(IndexDocument?.Suffix);
  if (ErrorDocument?.Key === "") throw new S3Error("MalformedXML");
  const rules = RoutingRules?.RoutingRule ?? [];
  if (rules.length > MAX_RULES)
    throw invalid(
      `${rules.length} routing rules provided, the number of routing rules in a website configuration is limited to ${MAX_RULES}.`,
    );
  for (const rule of rules) checkRule(rule);
}

function checkSuffix(suffix: string | undefined): void {
  if (suffix === undefined)
    throw invalidArgument(
      "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty",
      "IndexDocument",
      "null",
    );
  if (suffix === "" || suffix.includes("/"))
    throw invalidArgument("The IndexDocument Suffix is not well formed", "IndexDocument", suffix);
}

function checkRule({ Condition: condition, Redirect: redirect }: RoutingRule): void {
  if (redirect.ReplaceKeyPrefixWith !== undefined && redirect.ReplaceKeyWith !== undefined)
    throw invalid("You can only define ReplaceKeyPrefix or ReplaceKey but not both.");
  checkTarget(redirect);
  const { HttpRedirectCode: redirectCode } = redirect;
  if (redirectCode !== undefined && !/^3(?:0[1-9]|[1-9]\d)$/.test(redirectCode))
    throw invalid(
      `The provided HTTP redirect code (${redirectCode}) is not valid. Valid codes are 3XX except 300.`,
    );
  if (condition === undefined) return;
  const { HttpErrorCodeReturnedEquals: errorCode, KeyPrefixEquals: prefix } = condition;
  if (errorCode === undefined && prefix === undefined)
    throw invalid(
      "Condition cannot be empty. To redirect all requests without a condition, the condition element shouldn't be present.",
    );
  if (errorCode !== undefined && !/^[45]\d\d$/.test(errorCode))
    throw invalid(
      `The provided HTTP error code (${errorCode}) is not valid. Valid codes are 4XX or 5XX.`,
    );
}

function checkTarget({ Protocol, HostName }: Pick<Redirect, "Protocol" | "HostName">): void {
  if (!PROTOCOLS.has(Protocol))
    throw invalid(
      "Invalid protocol, protocol can be http or https. If not defined the protocol will be selected automatically.",
    );
  // It goes into a header.
  if (HostName !== undefined && !/^[!-~]+$/.test(HostName))
    throw invalidArgument("The HostName is not well formed", "HostName", HostName);
}

function invalid(message: string): S3Error {
  return new S3Error("InvalidRequest", { message });
}
