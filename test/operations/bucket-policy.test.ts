import { beforeAll, describe, expect, test } from "vitest";
import { anonymously, expectDenied } from "../support/anonymous.ts";
import { ELSEWHERE, OTHER_ACCOUNT, putPolicy } from "../support/bucket-policy.ts";
import { policyText } from "../support/policy-text.ts";
import { elements, expectError, putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import { expectOk, putDocument } from "../support/documents.ts";
import { faultyFetch } from "../support/faults.ts";

const READ = { Action: "s3:GetObject", on: ["*"] };
const LIST = { Action: "s3:ListBucket", on: [""] };
const EVERYTHING = { Action: "s3:*", on: ["", "*"] };
const DENY = { ...EVERYTHING, Effect: "Deny" } as const;
const query = { policy: "" };

describe("the document", () => {
  test("is kept byte for byte, and taken away", async () => {
    const bucket = await uniqueBucket();
    const body = ` ${policyText(bucket, [READ])} \n`.trimStart();
    await expectOk(signedFetch("PUT", `/${bucket}`, { query, body }), 204);
    const got = await expectOk(signedFetch("GET", `/${bucket}`, { query }));
    expect(got.headers.get("content-type")).toBe("application/json");
    expect(await got.text()).toBe(body);
    for (let i = 0; i < 2; i += 1)
      await expectOk(signedFetch("DELETE", `/${bucket}`, { query }), 204);
    const document = await expectError(
      await signedFetch("GET", `/${bucket}`, { query }),
      404,
      "NoSuchBucketPolicy",
    );
    expect(elements(document, "BucketName")).toEqual([bucket]);
    await expectDenied("GET", `/${bucket}/key`);
  });

  test.for([
    { what: "no JSON", body: "{" },
    { what: "empty", body: "" },
    { what: "for another bucket", body: policyText("other", [READ]) },
    {
      what: "of an unknown operator",
      body: '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*","Condition":{"StringIs":{"s3:prefix":"a"}}}]}',
    },
    { what: "too long", body: `{"Id":"${"i".repeat(20 * 1024)}"}` },
  ])("that is $what is MalformedPolicy, and changes nothing", async ({ body }) => {
    const bucket = await uniqueBucket();
    await putPolicy(bucket, READ);
    const response = await signedFetch("PUT", `/${bucket}`, { query, body });
    await expectError(response, 400, "MalformedPolicy");
    const kept = await signedFetch("GET", `/${bucket}`, { query });
    expect(await kept.text()).toBe(policyText(bucket, [READ]));
  });

  test("of whose body nothing vouches is refused", async () => {
    const bucket = await uniqueBucket();
    const headers = { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" };
    const body = policyText(bucket, [READ]);
    const response = await signedFetch("PUT", `/${bucket}`, { query, headers, body });
    await expectError(response, 400, "InvalidRequest");
  });
});

describe("a policy that lets everybody read", () => {
  let bucket = "";
  beforeAll(async () => {
    bucket = await uniqueBucket();
    await putObject(bucket, "key", "text", { "x-amz-tagging": "a=1" });
    await putPolicy(bucket, READ);
  });

  test("is held to: anonymous callers read, and do nothing else", async () => {
    const got = await expectOk(anonymously("GET", `/${bucket}/key`));
    expect(await got.text()).toBe("text");
    expect((await anonymously("HEAD", `/${bucket}/key`)).status).toBe(200);
    for (const [method, path] of [
      ["PUT", "/key"],
      ["DELETE", "/key"],
      ["GET", ""],
      ["GET", "/key?tagging"],
      ["GET", "/key?versionId=null"],
      ["GET", "?policy"],
    ] as const) {
      const response = await anonymously(method, `/${bucket}${path}`);
      await expectError(response, 403, "AccessDenied");
    }
  });

  test("tells only who may list the bucket that a key is missing", async () => {
    await expectDenied("GET", `/${bucket}/none`);
    expect((await anonymously("HEAD", `/${bucket}/none`)).status).toBe(403);
    await putPolicy(bucket, READ, {
      ...LIST,
      Condition: { StringLike: { "s3:prefix": "no*" } },
    });
    await expectError(await anonymously("GET", `/${bucket}/none`), 404, "NoSuchKey");
    await expectDenied("GET", `/${bucket}/missing`);
    await putPolicy(bucket, READ);
  });

  test("tells of tags only who may read them", async () => {
    const before = await anonymously("HEAD", `/${bucket}/key`);
    expect(before.headers.get("x-amz-tagging-count")).toBeNull();
    await putPolicy(bucket, READ, { Action: "s3:GetObjectTagging", on: ["key"] });
    const after = await anonymously("HEAD", `/${bucket}/key`);
    expect(after.headers.get("x-amz-tagging-count")).toBe("1");
    await putPolicy(bucket, READ);
  });

  test("makes the bucket public, which a block of public policies refuses", async () => {
    const status = () => signedFetch("GET", `/${bucket}`, { query: { policyStatus: "" } });
    expect(elements(await (await status()).text(), "IsPublic")).toEqual(["true"]);
    const block = (content: string) =>
      putDocument(
        `/${bucket}`,
        { publicAccessBlock: "" },
        "PublicAccessBlockConfiguration",
        content,
      );
    await block("<RestrictPublicBuckets>true</RestrictPublicBuckets>");
    await expectDenied("GET", `/${bucket}/key`);
    await block("<BlockPublicPolicy>true</BlockPublicPolicy>");
    expect((await anonymously("GET", `/${bucket}/key`)).status).toBe(200);
    const body = policyText(bucket, [READ]);
    const refused = await signedFetch("PUT", `/${bucket}`, { query, body });
    await expectError(refused, 403, "AccessDenied");
    await expectOk(signedFetch("DELETE", `/${bucket}`, { query: { publicAccessBlock: "" } }), 204);
    const fresh = await uniqueBucket();
    const document = await signedFetch("GET", `/${fresh}`, { query: { policyStatus: "" } });
    expect(elements(await document.text(), "IsPublic")).toEqual(["false"]);
  });
});

describe("a Deny", () => {
  test("holds for the bucket owner's root, which can take it away", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "key", "text");
    await putPolicy(bucket, DENY);
    const refused = await signedFetch("GET", `/${bucket}/key`);
    const document = await expectError(refused, 403, "AccessDenied");
    expect(document).toContain("with an explicit deny in a resource-based policy");
    await expectError(await signedFetch("GET", `/${bucket}/none`), 403, "AccessDenied");
    await expectError(await signedFetch("PUT", `/${bucket}/key`), 403, "AccessDenied");
    await expectError(await signedFetch("GET", `/${bucket}`), 403, "AccessDenied");
    await expectOk(signedFetch("GET", `/${bucket}`, { query }));
    await expectOk(signedFetch("DELETE", `/${bucket}`, { query }), 204);
    await expectOk(signedFetch("GET", `/${bucket}/key`));
  });

  test("that was confirmed keeps even root from changing it, but not the deployment's from deleting it", async () => {
    const bucket = await uniqueBucket();
    const headers = { "x-amz-confirm-remove-self-bucket-access": "true" };
    const body = policyText(bucket, [DENY]);
    await expectOk(signedFetch("PUT", `/${bucket}`, { query, headers, body }), 204);
    await expectError(await signedFetch("GET", `/${bucket}`, { query }), 403, "AccessDenied");
    await expectError(await signedFetch("PUT", `/${bucket}`, { query, body }), 403, "AccessDenied");
    await expectOk(signedFetch("DELETE", `/${bucket}`, { query }), 204);
  });

  test("by the tags of an object is decided on by the object", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "secret", "s", { "x-amz-tagging": "kind=secret" });
    await putObject(bucket, "open", "o", { "x-amz-tagging": "kind=open" });
    const Condition = { StringEquals: { "s3:ExistingObjectTag/kind": "secret" } };
    await putPolicy(bucket, READ, { ...READ, Effect: "Deny", Condition });
    expect((await anonymously("GET", `/${bucket}/open`)).status).toBe(200);
    await expectDenied("GET", `/${bucket}/secret`);
    await expectError(await signedFetch("GET", `/${bucket}/secret`), 403, "AccessDenied");
    expect((await signedFetch("HEAD", `/${bucket}/secret`)).status).toBe(403);
    await expectError(await signedFetch("GET", `/${bucket}/none`), 404, "NoSuchKey");
    await putPolicy(bucket, {
      ...DENY,
      Action: "s3:PutObjectTagging",
      Condition,
    });
    const tagging = { tagging: "" };
    const tags = "<TagSet><Tag><Key>kind</Key><Value>open</Value></Tag></TagSet>";
    const put = (key: string) => putDocument(`/${bucket}/${key}`, tagging, "Tagging", tags);
    await expectError(await put("secret"), 403, "AccessDenied");
    expect((await put("open")).status).toBe(200);
  });

  test("by the tags that an object is to have is decided on by the document", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "key", "text");
    const Condition = { StringNotEquals: { "s3:RequestObjectTag/kind": "open" } };
    await putPolicy(bucket, { ...DENY, Action: "s3:PutObjectTagging", Condition });
    const put = (value: string) => {
      const tags = `<TagSet><Tag><Key>kind</Key><Value>${value}</Value></Tag></TagSet>`;
      return putDocument(`/${bucket}/key`, { tagging: "" }, "Tagging", tags);
    };
    await expectError(await put("secret"), 403, "AccessDenied");
    await expectOk(put("open"));
    const upload = (tagging: string) =>
      signedFetch("PUT", `/${bucket}/key`, { headers: { "x-amz-tagging": tagging }, body: "x" });
    await expectError(await upload("kind=secret"), 403, "AccessDenied");
    await expectOk(upload("kind=open"));
  });

  test("by the client's address is decided on by the connection", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "key", "text");
    const Condition = { IpAddress: { "aws:SourceIp": "198.51.100.0/24" } };
    await putPolicy(bucket, { ...READ, Condition });
    const forged = { headers: { "cf-connecting-ip": "198.51.100.7" } };
    await expectDenied("GET", `/${bucket}/key`, forged);
  });
});

describe("a copy", () => {
  const copy = (source: string, target: string, headers = {}) =>
    signedFetch("PUT", `/${target}`, { headers: { "x-amz-copy-source": source, ...headers } });

  test("is decided on by the rules of both buckets", async () => {
    const [source, target] = [await uniqueBucket(), await uniqueBucket()];
    await putObject(source, "key", "text", { "x-amz-tagging": "a=1" });
    await expectOk(copy(`${source}/key`, `${target}/key`));
    await putPolicy(source, { ...DENY, Action: "s3:GetObject" });
    await expectError(await copy(`${source}/key`, `${target}/key`), 403, "AccessDenied");
    await putPolicy(source, { ...DENY, Action: "s3:GetObjectTagging" });
    await expectError(await copy(`${source}/key`, `${target}/key`), 403, "AccessDenied");
    await expectOk(
      copy(`${source}/key`, `${target}/key`, { "x-amz-tagging-directive": "REPLACE" }),
    );
    await putPolicy(source, LIST);
    await putPolicy(target, { ...DENY, Action: "s3:PutObjectTagging" });
    await expectError(await copy(`${source}/key`, `${target}/key`), 403, "AccessDenied");
    await putPolicy(target, { ...DENY, Action: "s3:PutObject" });
    await expectError(await copy(`${source}/key`, `${target}/key`), 403, "AccessDenied");
    await expectOk(copy(`${source}/key`, `${source}/other`));
  });

  test("of a part is, too", async () => {
    const [source, target] = [await uniqueBucket(), await uniqueBucket()];
    await putObject(source, "key", "text");
    const created = await signedFetch("POST", `/${target}/key`, { query: { uploads: "" } });
    const [uploadId = ""] = elements(await created.text(), "UploadId");
    await putPolicy(source, { ...DENY, Action: "s3:GetObject" });
    const refused = await signedFetch("PUT", `/${target}/key`, {
      query: { uploadId, partNumber: "1" },
      headers: { "x-amz-copy-source": `${source}/key` },
    });
    await expectError(refused, 403, "AccessDenied");
  });
});

test("DeleteObjects is decided on key by key", async () => {
  const bucket = await uniqueBucket();
  for (const key of ["a/1", "b/1"]) await putObject(bucket, key);
  await putPolicy(bucket, { Action: "s3:DeleteObject", on: ["a/*"] });
  const objects = ["a/1", "b/1", "a/2"].map((key) => `<Object><Key>${key}</Key></Object>`);
  const body = `<Delete>${objects.join("")}</Delete>`;
  const response = await expectOk(anonymously("POST", `/${bucket}?delete`, { body }));
  const document = await response.text();
  expect(document).toContain("<Deleted><Key>a/1</Key></Deleted><Error><Key>b/1</Key>");
  expect(elements(document, "Code")).toEqual(["AccessDenied"]);
  expect(elements(document, "Key")).toEqual(["a/1", "b/1", "a/2"]);
  await expectOk(signedFetch("GET", `/${bucket}/b/1`));
  await putPolicy(bucket, READ);
  const refused = await anonymously("POST", `/${bucket}?delete`, { body });
  expect(elements(await refused.text(), "Code")).toEqual(Array(3).fill("AccessDenied"));
  await expectOk(signedFetch("DELETE", `/${bucket}`, { query }), 204);
  await expectDenied("POST", `/${bucket}?delete`, { body });
});

test("no policy lets anonymous callers upload in parts, or anybody else see the policy", async () => {
  const bucket = await uniqueBucket();
  await putPolicy(bucket, EVERYTHING);
  await expectOk(anonymously("PUT", `/${bucket}/key`, { body: "text" }));
  await expectDenied("POST", `/${bucket}/key?uploads`);
  await expectDenied("GET", `/${bucket}?uploads`);
  for (const subresource of ["policy", "policyStatus", "publicAccessBlock", "ownershipControls"]) {
    const response = await anonymously("GET", `/${bucket}?${subresource}`);
    await expectError(response, 405, "MethodNotAllowed");
  }
});

test("another account gets what a policy gives it, and no more", async () => {
  const bucket = await uniqueBucket();
  await putObject(bucket, "key", "text");
  await expectError(await faultyFetch(ELSEWHERE, "GET", `/${bucket}/key`), 403, "AccessDenied");
  await putPolicy(bucket, { ...READ, Principal: { AWS: OTHER_ACCOUNT } });
  await expectOk(faultyFetch(ELSEWHERE, "GET", `/${bucket}/key`));
  await expectError(await faultyFetch(ELSEWHERE, "PUT", `/${bucket}/key`), 403, "AccessDenied");
  await expectDenied("GET", `/${bucket}/key`);
});

test("of a bucket whose requesters pay, others must agree to, and nobody reads anonymously", async () => {
  const bucket = await uniqueBucket();
  await putObject(bucket, "key", "text");
  await putPolicy(bucket, READ);
  const payer = "<Payer>Requester</Payer>";
  await putDocument(`/${bucket}`, { requestPayment: "" }, "RequestPaymentConfiguration", payer);
  const get = (headers = {}) => faultyFetch(ELSEWHERE, "GET", `/${bucket}/key`, { headers });
  await expectError(await get(), 403, "AccessDenied");
  const charged = await expectOk(get({ "x-amz-request-payer": "requester" }));
  expect(charged.headers.get("x-amz-request-charged")).toBe("requester");
  const headers = { "x-amz-request-payer": "requester" };
  await expectDenied("GET", `/${bucket}/key`, { headers });
  const own = await expectOk(signedFetch("GET", `/${bucket}/key`));
  expect(own.headers.get("x-amz-request-charged")).toBeNull();
});
