import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { anonymously } from "../support/anonymous.ts";
import { putPolicy } from "../support/bucket-policy.ts";
import { elements, expectError, putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import { corsContent, deleteCors, preflight, putCors } from "../support/cors.ts";
import { putDocument } from "../support/documents.ts";
import { faultyEnv, faultyFetch, withMethods } from "../support/faults.ts";
import { allowedForm, formBody, sendForm } from "../support/form.ts";

const ORIGIN = "https://app.example";
const RULE = { origins: [ORIGIN], methods: ["GET", "PUT", "POST", "DELETE"], exposed: ["ETag"] };
const VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";

const allowedOrigin = ({ headers }: Response) => headers.get("access-control-allow-origin");

describe("a page of another origin that a rule allows", () => {
  const headers = { origin: ORIGIN };
  let bucket = "";
  let etag = "";

  beforeAll(async () => {
    bucket = await uniqueBucket();
    etag = (await putObject(bucket, "k", "body")).headers.get("etag") ?? "";
    await putCors(bucket, RULE);
  });

  test.for([
    ["what it asked for", 200, () => signedFetch("GET", `/${bucket}/k`, { headers })],
    ["a part", 206, () => ask("GET", "k", { range: "bytes=0-0" })],
    ["that it has it", 304, () => ask("GET", "k", { "if-none-match": etag })],
    ["that a condition failed", 412, () => ask("GET", "k", { "if-match": '"x"' })],
    ["that there is no such key", 404, () => ask("GET", "none")],
    ["that a header cannot be obeyed", 400, () => ask("PUT", "new", { "x-amz-tagging": "a=%" })],
    ["that it is not let in", 403, () => anonymously("GET", `/${bucket}/k`, { headers })],
    ["that it is not signed rightly", 403, () => wronglySigned()],
    ["of the bucket", 200, () => signedFetch("GET", `/${bucket}`, { headers })],
    ["that it names no operation", 405, () => ask("POST", "k")],
  ] as const)("may read %s (%i)", async ([, status, send]) => {
    const response = await send();
    await response.text();
    expect(response.status).toBe(status);
    expect(allowedOrigin(response)).toBe(ORIGIN);
    expect(response.headers.get("access-control-expose-headers")).toBe("ETag");
    expect(response.headers.get("vary")).toBe(VARY);
  });

  test("may read what becomes of its form, and where it is sent on to", async () => {
    const fields = [
      ["key", "form"],
      ["success_action_redirect", "https://app.example/done"],
    ] as const;
    const form = formBody(allowedForm(bucket, fields), { file: "body" });
    const sent = await sendForm(bucket, form, headers);
    expect({ status: sent.status, origin: allowedOrigin(sent) }).toEqual({
      status: 303,
      origin: ORIGIN,
    });
    const refused = await sendForm(bucket, formBody([["key", "k"]], { file: "body" }), headers);
    expect({ status: refused.status, origin: allowedOrigin(refused) }).toEqual({
      status: 403,
      origin: ORIGIN,
    });
  });

  test("may not read what no rule allows, and caches are told", async () => {
    const other = await ask("GET", "k", { origin: "https://other.example" });
    const head = await ask("HEAD", "k");
    for (const response of [other, head]) {
      expect(response.status).toBe(200);
      expect(allowedOrigin(response)).toBe(null);
      expect(response.headers.get("vary")).toBe("Origin");
    }
  });

  const ask = (method: string, key: string, more: Readonly<Record<string, string>> = {}) =>
    signedFetch(method, `/${bucket}/${key}`, { headers: { ...headers, ...more } });

  const wronglySigned = () =>
    anonymously("GET", `/${bucket}/k`, {
      headers: {
        ...headers,
        authorization: "AWS ledge:c2lnbmF0dXJl",
        date: new Date().toUTCString(),
      },
    });
});

describe("a preflight", () => {
  test("is answered to anybody, whatever a signature in its query is worth", async () => {
    const bucket = await uniqueBucket();
    await putCors(bucket, RULE);
    for (const query of ["", "?X-Amz-Signature=0&X-Amz-Expires=x", "?Signature=&Expires=1"]) {
      const path = `/${bucket}/k${query}`;
      const response = await anonymously("OPTIONS", path, { headers: preflight(ORIGIN, "PUT") });
      expect(response.status).toBe(200);
      expect(await response.text()).toBe("");
      expect(allowedOrigin(response)).toBe(ORIGIN);
      expect(response.headers.get("x-amz-request-id")).toMatch(/^\w{16}$/);
    }
  });

  test("that says no method is BadRequest, where there are rules", async () => {
    const bucket = await uniqueBucket();
    await putCors(bucket, RULE);
    const response = await anonymously("OPTIONS", `/${bucket}`, { headers: { origin: ORIGIN } });
    const document = await expectError(response, 400, "BadRequest");
    expect(elements(document, "Message")).toEqual(["Invalid Access-Control-Request-Method: null"]);
  });

  test("of no bucket at all is as of one that there is not", async () => {
    const response = await anonymously("OPTIONS", "/", { headers: preflight(ORIGIN, "GET") });
    const document = await expectError(response, 403, "AccessForbidden");
    expect(elements(document, "Message")).toEqual(["CORSResponse: Bucket not found"]);
  });

  test("of a deployment's account that may not read the bucket is answered all the same", async () => {
    const bucket = await uniqueBucket();
    await putCors(bucket, RULE);
    await putPolicy(bucket, { Effect: "Deny", Action: "s3:GetObject", on: ["*"] });
    const path = `/${bucket}/k`;
    const response = await anonymously("OPTIONS", path, { headers: preflight(ORIGIN, "GET") });
    expect(response.status).toBe(200);
  });
});

describe("a gateway that remembers other rules", () => {
  /** What is remembered is remembered by the binding. */
  const other = faultyEnv({ DIRECTORY: withMethods(env.DIRECTORY, {}) });
  const ask = (bucket: string) =>
    faultyFetch(other, "OPTIONS", `/${bucket}/k`, { headers: preflight(ORIGIN, "PUT") });

  test("answers no preflight by them", async () => {
    const bucket = await uniqueBucket();
    expect((await ask(bucket)).status).toBe(403);
    await putCors(bucket, RULE);
    expect((await ask(bucket)).status).toBe(200);
    await deleteCors(bucket);
    expect((await ask(bucket)).status).toBe(403);
  });

  test("asks for the bucket that has the name by now", async () => {
    const bucket = await uniqueBucket();
    await putCors(bucket, RULE);
    expect((await ask(bucket)).status).toBe(200);
    await signedFetch("DELETE", `/${bucket}`);
    const document = await expectError(await ask(bucket), 403, "AccessForbidden");
    expect(elements(document, "Message")).toEqual(["CORSResponse: Bucket not found"]);
  });
});

test("an answer is given, whatever becomes of the question for its bucket's rules", async () => {
  const bucket = await uniqueBucket();
  await putCors(bucket, RULE);
  const down = () => Promise.reject(new Error("the Directory is down"));
  const failing = faultyEnv({
    DIRECTORY: withMethods(env.DIRECTORY, { getByName: () => ({ find: down }) as never }),
    IDENTITIES: withMethods(env.IDENTITIES, { get: down as never }),
  });
  const headers = { origin: ORIGIN, authorization: "AWS x:c2lnbmF0dXJl" };
  const response = await faultyFetch(failing, "GET", `/${bucket}/k`, { headers });
  expect(response.status).toBeGreaterThanOrEqual(400);
  expect(allowedOrigin(response)).toBe(null);
});

describe("a document", () => {
  const rule = corsContent(RULE);
  const origin = "<AllowedOrigin>*</AllowedOrigin>";
  const method = "<AllowedMethod>GET</AllowedMethod>";

  test.for([
    ["no origin", `<CORSRule>${method}</CORSRule>`, "MalformedXML"],
    ["no method", `<CORSRule>${origin}</CORSRule>`, "MalformedXML"],
    ["101 rules", rule.repeat(101), "MalformedXML"],
    ["a method in small letters", rule.replace("GET", "get"), "InvalidRequest"],
    ["OPTIONS", rule.replace("GET", "OPTIONS"), "InvalidRequest"],
    ["two wildcards in an origin", rule.replace(ORIGIN, "https://*.*"), "InvalidRequest"],
    [
      "two wildcards in a header",
      `<CORSRule>${origin}${method}<AllowedHeader>**</AllowedHeader></CORSRule>`,
      "InvalidRequest",
    ],
    ["a wildcard in what is exposed", rule.replace("ETag", "x-*"), "InvalidRequest"],
    [
      "a negative age",
      `<CORSRule>${origin}${method}<MaxAgeSeconds>-1</MaxAgeSeconds></CORSRule>`,
      "MalformedXML",
    ],
    [
      "an id of 256 characters",
      `<CORSRule><ID>${"i".repeat(256)}</ID>${origin}${method}</CORSRule>`,
      "InvalidArgument",
    ],
  ] as const)("with %s is refused", async ([, content, code]) => {
    const bucket = await uniqueBucket();
    const put = await putDocument(`/${bucket}`, { cors: "" }, "CORSConfiguration", content);
    await expectError(put, 400, code);
    const got = await signedFetch("GET", `/${bucket}`, { query: { cors: "" } });
    await expectError(got, 404, "NoSuchCORSConfiguration");
  });

  test("of 100 rules is taken", async () => {
    const bucket = await uniqueBucket();
    await putCors(bucket, ...Array.from({ length: 100 }, () => RULE));
    const got = await signedFetch("GET", `/${bucket}`, { query: { cors: "" } });
    expect(elements(await got.text(), "ExposeHeader")).toHaveLength(100);
  });
});
