import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { putPolicy } from "../support/bucket-policy.ts";
import { elements, expectError, putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import { preflight, putCors } from "../support/cors.ts";
import { putDocument } from "../support/documents.ts";
import { faultyAnswer, faultyEnv, withMethods } from "../support/faults.ts";
import {
  ERROR,
  INDEX,
  putWebsite,
  routingRule,
  siteOf,
  visit,
  visitRequest,
} from "../support/website.ts";

/** A website that everybody may read, with some pages. */
async function site(...parts: readonly string[]): Promise<string> {
  const bucket = await uniqueBucket();
  await putPolicy(bucket, { Action: "s3:GetObject", on: ["*"] });
  await putWebsite(bucket, ...(parts.length === 0 ? [INDEX, ERROR] : parts));
  await putObject(bucket, "index.html", "index", { "content-type": "text/html" });
  await putObject(bucket, "docs/index.html", "docs");
  return bucket;
}

const listPolicy = { Action: "s3:ListBucket", on: [""] };
const readPolicy = { Action: "s3:GetObject", on: ["*"] };

describe("a website", () => {
  let bucket = "";
  beforeAll(async () => {
    bucket = await site();
    await putObject(bucket, "error.html", "sorry");
  });

  test("tells whoever may not list it that what is missing may not be read, by its own page", async () => {
    const response = await visit(bucket, "/missing");
    expect([response.status, await response.text()]).toEqual([403, "sorry"]);
    const folder = await visit(bucket, "/docs");
    expect([folder.status, folder.headers.get("location")]).toEqual([302, "/docs/"]);
  });

  test("answers the anonymous, whatever a request is signed with, and knows no parameters", async () => {
    const headers = { authorization: "AWS ledge:d3Jvbmc=", "x-amz-date": "never" };
    const query =
      "?X-Amz-Signature=0&versionId=x&acl&response-content-type=text/plain&partNumber=2&uploadId=1";
    const response = await visit(bucket, `/index.html${query}`, { headers });
    expect([response.status, await response.text()]).toEqual([200, "index"]);
    expect(response.headers.get("content-type")).toBe("text/html");
  });

  test("has ranges, conditions, and HEAD", async () => {
    const etag = (await visit(bucket, "/")).headers.get("etag") ?? "";
    const ask = async (headers: Record<string, string>, method = "GET") => {
      const response = await visit(bucket, "/", { method, headers });
      return [response.status, (await response.text()).slice(0, 6)];
    };
    expect(await ask({ range: "bytes=1-2" })).toEqual([206, "nd"]);
    expect(await ask({ "if-none-match": etag })).toEqual([304, ""]);
    expect(await ask({ "if-match": '"other"' })).toEqual([412, "<html>"]);
    expect(await ask({ range: "bytes=9-" })).toEqual([416, "<html>"]);
    expect(await ask({}, "HEAD")).toEqual([200, ""]);
    const missing = await visit(bucket, "/missing", { method: "HEAD" });
    expect([missing.status, missing.headers.get("content-length"), await missing.text()]).toEqual([
      403,
      "5",
      "",
    ]);
  });

  test("sends its error page whole, whatever part was asked for", async () => {
    const response = await visit(bucket, "/missing", { headers: { range: "bytes=0-0" } });
    expect([response.status, await response.text()]).toEqual([403, "sorry"]);
    expect(response.headers.get("content-range")).toBe(null);
  });

  test("lets pages of other origins have its answers by the bucket's rules", async () => {
    await putCors(bucket, { origins: ["https://app.example"], methods: ["GET"] });
    const asked = { headers: preflight("https://app.example", "GET"), method: "OPTIONS" };
    const allowed = await visit(bucket, "/index.html", asked);
    const headers = { origin: "https://app.example" };
    const found = await visit(bucket, "/index.html", { headers });
    const missing = await visit(bucket, "/missing", { headers });
    for (const response of [allowed, found, missing])
      expect(response.headers.get("access-control-allow-origin")).toBe("https://app.example");
  });
});

test("a website that nobody may read is a page that says so", async () => {
  const bucket = await uniqueBucket();
  await putWebsite(bucket, INDEX);
  await putObject(bucket, "index.html", "index");
  const response = await visit(bucket, "/");
  expect(response.status).toBe(403);
  expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
  expect(response.headers.get("x-amz-error-code")).toBe("AccessDenied");
  const page = await response.text();
  expect(page).toContain(
    "<h1>403 Forbidden</h1>\n<ul>\n<li>Code: AccessDenied</li>\n<li>Message: Access Denied</li>\n<li>RequestId: ",
  );
});

test("blocked public access keeps a website's visitors out", async () => {
  const bucket = await site();
  expect((await visit(bucket, "/")).status).toBe(200);
  const content = "<RestrictPublicBuckets>true</RestrictPublicBuckets>";
  await putDocument(
    `/${bucket}`,
    { publicAccessBlock: "" },
    "PublicAccessBlockConfiguration",
    content,
  );
  expect((await visit(bucket, "/")).status).toBe(403);
});

test("what a visitor asks for is not HTML in the page that says that it is missing", async () => {
  const bucket = await site(INDEX);
  await putPolicy(bucket, readPolicy, listPolicy);
  const response = await visit(bucket, "/%3Cscript%3Ealert(%22'%26%22)");
  expect(await response.text()).toContain(
    "<li>Key: &lt;script&gt;alert(&quot;&#39;&amp;&quot;)</li>",
  );
});

test("a folder whose name begins with a slash leads to no other host", async () => {
  const bucket = await site();
  await putObject(bucket, "/evil.example/index.html", "page");
  const response = await visit(bucket, "//evil.example");
  expect(response.headers.get("location")).toBe("/%2Fevil.example/");
  expect(await (await visit(bucket, "/%2Fevil.example/")).text()).toBe("page");
});

test("an error page that is stored compressed is sent as it is stored", async () => {
  const bucket = await site();
  const stored = Uint8Array.from(Buffer.from("not really gzip"));
  await putObject(bucket, "error.html", stored, { "content-encoding": "gzip" });
  const response = await visit(bucket, "/missing", { method: "HEAD" });
  expect(response.headers.get("content-encoding")).toBe("gzip");
  expect(response.headers.get("content-length")).toBe(String(stored.byteLength));
});

test("a page that was deleted in a bucket with versions is missing", async () => {
  const bucket = await site(INDEX);
  await putPolicy(bucket, readPolicy, listPolicy);
  const enabled = "<Status>Enabled</Status>";
  await putDocument(`/${bucket}`, { versioning: "" }, "VersioningConfiguration", enabled);
  await signedFetch("DELETE", `/${bucket}/index.html`);
  const response = await visit(bucket, "/");
  expect(response.status).toBe(404);
  expect(await response.text()).toContain("<li>Key: index.html</li>");
});

describe("routing rules", () => {
  const everybody = "<ReplaceKeyPrefixWith>old/</ReplaceKeyPrefixWith>";
  const prefixed = (prefix: string) => `<KeyPrefixEquals>${prefix}</KeyPrefixEquals>`;
  const erring = (code: string) =>
    `<HttpErrorCodeReturnedEquals>${code}</HttpErrorCodeReturnedEquals>`;

  test.for([
    [
      "one without a condition is for all",
      routingRule("", everybody),
      "/a b%20c?q",
      "/old/a%20b%20c",
    ],
    [
      "the key is encoded",
      routingRule("", "<ReplaceKeyWith>ü?#</ReplaceKeyWith>"),
      "/a",
      "/%C3%BC%3F%23",
    ],
    [
      "what is not replaced stays as it came",
      routingRule(prefixed("a"), "<HttpRedirectCode>302</HttpRedirectCode>"),
      "/a%2Bb",
      "/a%2Bb",
    ],
    [
      "the prefix is compared with the decoded key",
      routingRule(prefixed("ü/"), "<ReplaceKeyPrefixWith/>"),
      "/%C3%BC/k",
      "/k",
    ],
    [
      "one for an error is for that only",
      routingRule(erring("403"), everybody),
      "/missing",
      "/old/missing",
    ],
    ["one for another error is not", routingRule(erring("500"), everybody), "/missing", null],
    [
      "the first that fits counts",
      routingRule(prefixed("x"), everybody) +
        routingRule("", "<ReplaceKeyWith>first</ReplaceKeyWith>") +
        routingRule("", everybody),
      "/a",
      "/first",
    ],
  ] as const)("%s", async ([, rules, path, location]) => {
    const bucket = await site(INDEX, `<RoutingRules>${rules}</RoutingRules>`);
    const response = await visit(bucket, path.replace(" ", "%20"));
    const told = response.headers.get("location");
    expect(told).toBe(location === null ? null : siteOf(bucket) + location);
  });
});

describe("a gateway that remembers another website", () => {
  /** What is remembered is remembered by the binding. */
  const other = faultyEnv({ DIRECTORY: withMethods(env.DIRECTORY, {}) });
  const ask = async (bucket: string, path = "/"): Promise<[number, string]> => {
    const response = await faultyAnswer(other, visitRequest(bucket, path));
    return [response.status, response.headers.get("location") ?? (await response.text())];
  };

  test("answers by the one that is there", async () => {
    const bucket = await site();
    expect(await ask(bucket)).toEqual([200, "index"]);
    await putWebsite(bucket, "<IndexDocument><Suffix>docs.html</Suffix></IndexDocument>", ERROR);
    await putObject(bucket, "docs.html", "the new index");
    expect(await ask(bucket)).toEqual([200, "the new index"]);
    const everything =
      "<RedirectAllRequestsTo><HostName>elsewhere</HostName></RedirectAllRequestsTo>";
    await putWebsite(bucket, everything);
    expect(await ask(bucket)).toEqual([301, "http://elsewhere/"]);
    await signedFetch("DELETE", `/${bucket}`, { query: { website: "" } });
    expect((await ask(bucket))[0]).toBe(404);
    await putWebsite(bucket, INDEX);
    expect(await ask(bucket)).toEqual([200, "index"]);
  });

  test("finds that the bucket is gone", async () => {
    const everything =
      "<RedirectAllRequestsTo><HostName>elsewhere</HostName></RedirectAllRequestsTo>";
    const bucket = await uniqueBucket();
    await putWebsite(bucket, everything);
    expect(await ask(bucket)).toEqual([301, "http://elsewhere/"]);
    await signedFetch("DELETE", `/${bucket}`);
    const [status, page] = await ask(bucket);
    expect(status).toBe(404);
    expect(page).toContain("<li>Code: NoSuchBucket</li>");
  });
});

describe("a document", () => {
  const rules = (rule: string) => `${INDEX}<RoutingRules>${rule}</RoutingRules>`;
  const redirect = (content: string) => rules(routingRule("", content));

  test.for([
    ["an error document without a key", `${INDEX}<ErrorDocument/>`, "MalformedXML"],
    ["one with an empty key", `${INDEX}<ErrorDocument><Key></Key></ErrorDocument>`, "MalformedXML"],
    ["a rule without a redirect", rules("<RoutingRule/>"), "MalformedXML"],
    [
      "51 rules",
      rules(routingRule("", "<ReplaceKeyWith>k</ReplaceKeyWith>").repeat(51)),
      "InvalidRequest",
    ],
    [
      "a redirect code of 300",
      redirect("<HttpRedirectCode>300</HttpRedirectCode>"),
      "InvalidRequest",
    ],
    [
      "a redirect code of 200",
      redirect("<HttpRedirectCode>200</HttpRedirectCode>"),
      "InvalidRequest",
    ],
    [
      "an error code of 302",
      rules(routingRule("<HttpErrorCodeReturnedEquals>302</HttpErrorCodeReturnedEquals>", "")),
      "InvalidRequest",
    ],
    ["a host that is none", redirect("<HostName>a&#13;&#10;b</HostName>"), "InvalidArgument"],
    [
      "a protocol of all requests that is none",
      "<RedirectAllRequestsTo><HostName>h</HostName><Protocol>ftp</Protocol></RedirectAllRequestsTo>",
      "InvalidRequest",
    ],
  ] as const)("with %s is refused", async ([, content, code]) => {
    const bucket = await uniqueBucket();
    const put = await putDocument(`/${bucket}`, { website: "" }, "WebsiteConfiguration", content);
    await expectError(put, 400, code);
    const got = await signedFetch("GET", `/${bucket}`, { query: { website: "" } });
    await expectError(got, 404, "NoSuchWebsiteConfiguration");
  });

  test("of 50 rules is told as it was put", async () => {
    const bucket = await uniqueBucket();
    const rule = routingRule(
      "<KeyPrefixEquals>p</KeyPrefixEquals>",
      "<ReplaceKeyWith>k</ReplaceKeyWith>",
    );
    await putWebsite(bucket, rules(rule.repeat(50)));
    const got = await signedFetch("GET", `/${bucket}`, { query: { website: "" } });
    expect(elements(await got.text(), "KeyPrefixEquals")).toHaveLength(50);
  });
});
