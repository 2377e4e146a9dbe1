import { createExecutionContext } from "cloudflare:test";
import { expect, test } from "vitest";
import { app } from "../../src/http/app.ts";
import { expectError, rawFetch, signedFetch } from "../support/client.ts";
import { faultyEnv } from "../support/faults.ts";

const guardedAs = (name: string) => faultyEnv({ OWN_HOST: name } as Partial<Cloudflare.Env>);
const guarded = guardedAs("Ledge.test");

/** Neither is signed: what the guard lets pass is refused as that, by another sentence. */
async function sentenceFor(
  method: string,
  headers: Readonly<Record<string, string>>,
  environment = guarded,
) {
  const request = new Request("http://127.0.0.1:8787/", { method, headers });
  const response = await app.fetch(request, environment, createExecutionContext());
  return expectError(response, 403, "AccessDenied");
}

// One of the hosts names a bucket: who asks for one that there is not is told that.
await signedFetch("PUT", "/bucket");

const ALLOWED = "<Message>Access Denied</Message>";
const host = "127.0.0.1:8787";
const crossSite = { host, "sec-fetch-site": "cross-site" };

test.for([
  { host },
  { host: "LOCALHOST" },
  { host: "[::1]:8787" },
  { host: "127.1.2.3:1" },
  { host: "bucket.s3.localhost:8787" },
  { host: "other.localhost:8787" },
  { host: "ledge.test:8787" },
  { host, origin: "http://localhost:3000" },
  { host, origin: "http://ledge.test", "sec-fetch-site": "same-origin" },
  { ...crossSite, referer: "http://localhost:3000/gallery" },
  { host, "sec-fetch-site": "none" },
  { ...crossSite, "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" },
  {},
])(
  "this machine's programs and pages are answered with the published keys: %o",
  async (headers) => {
    expect(await sentenceFor("GET", { ...headers })).toContain(ALLOWED);
  },
);

test("an IPv6 address that the server listens on is its own, as Host spells it", async () => {
  const environment = guardedAs("FD00::1");
  const own = await sentenceFor("GET", { host: "[fd00::1]:8787" }, environment);
  expect(own).toContain(ALLOWED);
  const other = await sentenceFor("GET", { host: "[fd00::2]:8787" }, environment);
  expect(other).not.toContain(ALLOWED);
});

test.for([
  { host: "rebound.example:8787" },
  { host: "127.0.0.1.example" },
  { host: "localhost.example" },
  { host: "0.0.0.0:8787" },
  { host, origin: "https://evil.example" },
  { host, origin: "null" },
  { host, origin: "https://localhost.evil.example", "sec-fetch-site": "cross-site" },
  { host, origin: "https://localhost@evil.example" },
  { host, origin: "https://evil.example", referer: "http://localhost:3000/" },
  crossSite,
  { host, "sec-fetch-site": "same-site" },
  { ...crossSite, referer: "https://evil.example/" },
  { ...crossSite, "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe" },
])("a page of another site cannot use the published keys: %o", async (headers) => {
  for (const method of ["GET", "POST", "OPTIONS"]) {
    const document = await sentenceFor(method, { ...headers });
    expect(document).not.toContain(ALLOWED);
    expect(document).toContain("--allow-default-credentials");
  }
});

test("a link to follow sends no form", async () => {
  const form = { ...crossSite, "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };
  expect(await sentenceFor("POST", form)).not.toContain(ALLOWED);
});

test("a deployment is reached by any host, and from any page", async () => {
  const headers = { host: "s3.example", origin: "https://app.example" };
  const response = await rawFetch("http://s3.example/", { headers });
  expect(await expectError(response, 403, "AccessDenied")).toContain(ALLOWED);
});
