import { urlEncode } from "../../lib/url-encoding.ts";
import type { Redirect, RoutingRule, WebsiteConfiguration } from "./website-configuration.ts";

/** A request to a website. */
export interface WebsiteRequest {
  /** Scheme and host as the client reached them. */
  readonly origin: string;
  readonly rawPath: string;
  readonly rawQuery: string;
  /** The decoded path without its first slash. */
  readonly key: string;
}

/** Undefined: the website does not redirect all its requests. */
export function redirectOfAll(
  { RedirectAllRequestsTo: all }: WebsiteConfiguration,
  { origin, rawPath, rawQuery }: WebsiteRequest,
): Response | undefined {
  if (all === undefined) return undefined;
  const { Protocol: protocol = schemeOf(origin), HostName } = all;
  const query = rawQuery === "" ? "" : `?${rawQuery}`;
  return redirectTo(`${protocol}://${HostName}${rawPath}${query}`, 301);
}

/**
 * Where the first routing rule that fits sends the client on to; undefined: none fits.
 *
 * @param errorStatus undefined: the object was not looked for yet, so that rules for errors do not fit, and only those do after that
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-to-page-redirect.html
 */
export function redirectByRule(
  { RoutingRules }: WebsiteConfiguration,
  request: WebsiteRequest,
  errorStatus?: number,
): Response | undefined {
  const rule = RoutingRules?.RoutingRule.find((each) => fits(each, request.key, errorStatus));
  if (rule === undefined) return undefined;
  const { Redirect: redirect, Condition: condition } = rule;
  const { HttpRedirectCode: code = "301" } = redirect;
  return redirectTo(locationOf(redirect, condition?.KeyPrefixEquals ?? "", request), Number(code));
}

function fits({ Condition: condition }: RoutingRule, key: string, errorStatus?: number): boolean {
  const { HttpErrorCodeReturnedEquals: code, KeyPrefixEquals: prefix = "" } = condition ?? {};
  return code === errorStatus?.toString() && key.startsWith(prefix);
}

function locationOf(
  { Protocol, HostName, ReplaceKeyWith, ReplaceKeyPrefixWith }: Redirect,
  prefix: string,
  { origin, rawPath, key }: WebsiteRequest,
): string {
  const protocol = Protocol ?? schemeOf(origin);
  const host = HostName ?? origin.slice(origin.indexOf("://") + 3);
  const replaced =
    ReplaceKeyPrefixWith === undefined
      ? ReplaceKeyWith
      : ReplaceKeyPrefixWith + key.slice(prefix.length);
  const path = replaced === undefined ? rawPath : `/${urlEncode(replaced)}`;
  return `${protocol}://${host}${path}`;
}

function schemeOf(origin: string): string {
  return origin.slice(0, origin.indexOf("://"));
}

/** What a browser follows. It has no body. */
export function redirectTo(location: string, status: number): Response {
  return new Response(null, { status, headers: { location } });
}
