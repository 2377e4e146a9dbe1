import type { Settings } from "../env.ts";
import { S3Error } from "../protocol/errors.ts";

const ADVICE =
  "While the published credentials are in use, Ledge answers this machine's names and pages only: give it keys of your own, or --allow-default-credentials.";

/**
 * Refuses what a page of another site could make this machine's browser send: whoever knows the published secret can
 * sign for it. A page that reaches the server by a name of its own (DNS rebinding) is known by Host, any other by what
 * browsers tell of it. Programs tell nothing, and are answered.
 *
 * @param settings `ownHost` is what the server was told to listen on
 * @throws S3Error AccessDenied
 * Source: https://www.w3.org/TR/fetch-metadata/
 */
export function refuseForeign(request: Request, settings: Settings): void {
  const { headers } = request;
  const host = headers.get("host");
  if (host !== null && !isOwn(host, settings)) {
    const message = `The Host header names another machine. ${ADVICE}`;
    throw new S3Error("AccessDenied", { message });
  }
  const origin = headers.get("origin");
  if (origin === null && !isOfOtherPage(request)) return;
  // The request for an image has no Origin. Its page can leave the Referer out, but cannot send another page's.
  const page = origin ?? headers.get("referer") ?? "";
  if (isOwn(hostOf(page), settings)) return;
  const message = `The request is of another site's page. ${ADVICE}`;
  throw new S3Error("AccessDenied", { message });
}

function isOfOtherPage({ method, headers }: Request): boolean {
  const site = headers.get("sec-fetch-site");
  if (site === null || site === "same-origin" || site === "none") return false;
  // A followed link replaces the page that has it, so that the page cannot read the answer.
  const isFollowedLink = method === "GET" && headers.get("sec-fetch-dest") === "document";
  return !isFollowedLink;
}

/** The host in an Origin or a Referer; empty for `null`, the Origin of sandboxed pages and of files. */
function hostOf(url: string): string {
  const [, afterScheme = ""] = url.split("://", 2);
  return afterScheme.split("/", 1)[0] ?? "";
}

/**
 * Not `0.0.0.0`, which reaches this machine too: to a browser it is no trustworthy address, and for those it leaves out
 * `Sec-Fetch-Site`, so that nothing would tell of an image that is of another site's page.
 */
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** @param host may have a port */
function isOwn(host: string, settings: Settings): boolean {
  const { ownHost, virtualHostSuffix, websiteHostSuffix, websiteDomains } = settings;
  const name = host.replace(/:\d{1,5}$/, "").toLowerCase();
  if (LOOPBACK.test(name) || name.endsWith(".localhost") || name === ownHost) return true;
  if (websiteDomains.has(name)) return true;
  return [virtualHostSuffix, websiteHostSuffix].some(
    (suffix) => suffix !== undefined && (name === suffix || name.endsWith(`.${suffix}`)),
  );
}
