import { exports } from "cloudflare:workers";
import { expectOk, putDocument } from "./documents.ts";

/** A bucket's address for browsers. */
export function siteOf(bucket: string): string {
  return `http://${bucket}.s3-website.localhost:8787`;
}

/** A request to it as it arrives, which follows no redirect. */
export function visitRequest(bucket: string, path: string, init: RequestInit = {}): Request {
  const url = `${siteOf(bucket)}${path}`;
  const request = new Request(url, { redirect: "manual", ...init });
  request.headers.set("host", new URL(siteOf(bucket)).host);
  return request;
}

export function visit(...given: Parameters<typeof visitRequest>): Promise<Response> {
  return exports.default.fetch(visitRequest(...given));
}

export const INDEX = "<IndexDocument><Suffix>index.html</Suffix></IndexDocument>";
export const ERROR = "<ErrorDocument><Key>error.html</Key></ErrorDocument>";

/** @param condition elements of a Condition */
export function routingRule(condition: string, redirect: string): string {
  const written = condition === "" ? "" : `<Condition>${condition}</Condition>`;
  return `<RoutingRule>${written}<Redirect>${redirect}</Redirect></RoutingRule>`;
}

export async function putWebsite(bucket: string, ...parts: readonly string[]): Promise<void> {
  const content = parts.join("");
  await expectOk(putDocument(`/${bucket}`, { website: "" }, "WebsiteConfiguration", content));
}
