import { request } from "node:http";
import { text } from "node:stream/consumers";
import {
  PutBucketCorsCommand,
  PutBucketPolicyCommand,
  PutBucketWebsiteCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { beforeAll, describe, expect, inject, test } from "vitest";
import { sdkClient, uniqueBucket } from "../support/sdk.ts";

const ledge = inject("ledge");
const s3 = sdkClient(ledge);
const ORIGIN = "http://localhost:3000";

let Bucket: string;
beforeAll(async () => {
  Bucket = await uniqueBucket(s3);
  const Statement = {
    Effect: "Allow",
    Principal: "*",
    Action: "s3:GetObject",
    Resource: `arn:aws:s3:::${Bucket}/*`,
  };
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement });
  await s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
  await s3.send(new PutObjectCommand({ Bucket, Key: "docs/index.html", Body: "docs" }));
  await s3.send(new PutObjectCommand({ Bucket, Key: "page", Body: "x".repeat(100_000) }));
  const moved = { Key: "moved", Body: "its bytes", WebsiteRedirectLocation: "/docs/" };
  await s3.send(new PutObjectCommand({ Bucket, ...moved }));
  await s3.send(
    new PutBucketWebsiteCommand({
      Bucket,
      WebsiteConfiguration: { IndexDocument: { Suffix: "index.html" } },
    }),
  );
  const rule = { AllowedOrigins: [ORIGIN], AllowedMethods: ["PUT"], AllowedHeaders: ["*"] };
  await s3.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules: [rule] } }));
});

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** As a browser sends it, whose Host names the website. */
async function ask(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  host = `${Bucket}.s3-website.localhost:${ledge.port}`,
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const sent = { host: "127.0.0.1", port: ledge.port, method, path, headers: { host, ...headers } };
  const sending = request(sent, (answer) => {
    const { statusCode: status, headers: told } = answer;
    text(answer).then((body) => resolve({ status, headers: told, body }), reject);
  });
  sending.on("error", reject).end(method === "POST" ? "body" : undefined);
  return promise;
}

describe("a website", () => {
  test("answers pages, ranges of them, and HEAD", async () => {
    expect(await ask("GET", "/docs/")).toMatchObject({ status: 200, body: "docs" });
    const range = await ask("GET", "/page", { range: "bytes=99998-" });
    expect(range).toMatchObject({ status: 206, body: "xx" });
    expect(range.headers["content-range"]).toBe("bytes 99998-99999/100000");
    const head = await ask("HEAD", "/page");
    expect([head.status, head.headers["content-length"], head.body]).toEqual([200, "100000", ""]);
  });

  test("redirects to folders, and tells errors as pages, whatever is sent", async () => {
    const folder = await ask("GET", "/docs");
    expect([folder.status, folder.headers.location, folder.body]).toEqual([302, "/docs/", ""]);
    const moved = await ask("GET", "/moved");
    expect([moved.status, moved.headers.location]).toEqual([301, "/docs/"]);
    const refused = await ask("POST", "/docs");
    expect(refused.status).toBe(405);
    expect(refused.headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(refused.body).toContain(
      `<li>RequestId: ${String(refused.headers["x-amz-request-id"])}</li>`,
    );
  });
});

test("a preflight is answered without a body, and a mismatch with an error", async () => {
  const host = `127.0.0.1:${ledge.port}`;
  const preflight = {
    origin: ORIGIN,
    "access-control-request-method": "PUT",
    "access-control-request-headers": "Content-Type,x-amz-meta-a",
  };
  const allowed = await ask("OPTIONS", `/${Bucket}/page`, preflight, host);
  expect(allowed).toMatchObject({ status: 200, body: "" });
  expect(allowed.headers).toMatchObject({
    "access-control-allow-origin": ORIGIN,
    "access-control-allow-headers": "content-type, x-amz-meta-a",
    "access-control-allow-methods": "PUT",
  });
  const other = { ...preflight, "access-control-request-method": "DELETE" };
  const refused = await ask("OPTIONS", `/${Bucket}/page`, other, host);
  expect(refused.status).toBe(403);
  expect(refused.body).toContain("<Code>AccessForbidden</Code>");
  expect(refused.headers["access-control-allow-origin"]).toBe(undefined);
});
