import { createHash } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { elements, ENDPOINT, expectError, signedFetch, uniqueBucket } from "../support/client.ts";
import { faultyAnswer, faultyEnv } from "../support/faults.ts";
import {
  allowedForm,
  type Fields,
  formBody,
  formRequest,
  policyOf,
  scopeV4,
  sendForm,
  signedV2,
  signedV4,
} from "../support/form.ts";

const LARGE = new Uint8Array(70_000).map((_, at) => at * at);

let bucket: string;
beforeAll(async () => {
  bucket = await uniqueBucket();
});

async function bytesOf(key: string): Promise<Buffer> {
  const response = await signedFetch("GET", `/${bucket}/${encodeURIComponent(key)}`);
  expect(response.status).toBe(200);
  return Buffer.from(await response.arrayBuffer());
}

function post(fields: Fields, file: string | Uint8Array = "body"): Promise<Response> {
  return sendForm(bucket, formBody(fields, { file, fileName: "a.txt" }));
}

describe("a signed form", () => {
  test("of SigV4 stores its file", async () => {
    const scope = scopeV4();
    const named = scope.map(([name, value]) => ({ [name]: value }));
    const policy = policyOf([{ bucket }, ["eq", "$key", "v4"], ...named]);
    const response = await post([["key", "v4"], ...signedV4(policy, scope)]);
    expect(response.status).toBe(204);
    expect(await response.text()).toBe("");
    expect(response.headers.get("location")).toBe(`${ENDPOINT}/${bucket}/v4`);
    expect(response.headers.get("etag")).toBe('"841a2d689ad86bd1611447453c22c6fc"');
    expect((await bytesOf("v4")).toString()).toBe("body");
  });

  test("of SigV2 stores its file, and what its fields say of it", async () => {
    const tagging =
      "<Tagging><TagSet><Tag><Key>a+b</Key><Value>1 =</Value></Tag></TagSet></Tagging>";
    const response = await post(
      allowedForm(bucket, [
        ["key", "v2"],
        ["acl", "private"],
        ["Content-Type", "text/plain"],
        ["Cache-Control", "max-age=1"],
        ["X-Amz-Meta-Name", "Ämäzõñ"],
        ["x-amz-meta-word", "=?UTF-8?Q?actually-ascii?="],
        ["x-amz-meta-controls", "\u0000\u0001"],
        ["x-amz-storage-class", "STANDARD_IA"],
        ["tagging", tagging],
      ]),
    );
    expect(response.status, await response.text()).toBe(204);
    const head = await signedFetch("HEAD", `/${bucket}/v2`);
    expect(Object.fromEntries(head.headers)).toMatchObject({
      "cache-control": "max-age=1",
      "content-type": "text/plain",
      "x-amz-meta-controls": "=?UTF-8?B?AAE=?=",
      "x-amz-meta-name": "=?UTF-8?Q?=C3=84m=C3=A4z=C3=B5=C3=B1?=",
      "x-amz-meta-word": "=?UTF-8?Q?actually-ascii?=",
      "x-amz-storage-class": "STANDARD_IA",
    });
    const tags = await (
      await signedFetch("GET", `/${bucket}/v2`, { query: { tagging: "" } })
    ).text();
    expect(elements(tags, "Key")).toEqual(["a+b"]);
    expect(elements(tags, "Value")).toEqual(["1 ="]);
  });

  test.for([
    ["C:\\folder\\foo.txt", "x-foo.txt"],
    ["folder/foo.txt", "x-foo.txt"],
    ["$&.txt", "x-$&.txt"],
    ['a \\"b\\".txt', 'x-a "b".txt'],
    [undefined, "x-${filename}"],
  ] as const)("takes the name of the file %s for ${filename}", async ([fileName, key]) => {
    const policy = policyOf([{ bucket }, ["starts-with", "$key", "x-"]]);
    const fields: Fields = [["key", "x-${filename}"], ...signedV2(policy)];
    const body = formBody(fields, { file: key, fileName });
    expect((await sendForm(bucket, body)).status).toBe(204);
    expect((await bytesOf(key)).toString()).toBe(key);
  });

  test("is not taken for what the headers of its request say", async () => {
    const body = formBody(allowedForm(bucket, [["key", "headers"]]), { file: "1" });
    const headers = { "cache-control": "max-age=0", "x-amz-meta-a": "1", "x-amz-acl": "nobody" };
    expect((await sendForm(bucket, body, headers)).status).toBe(204);
    const head = await signedFetch("HEAD", `/${bucket}/headers`);
    expect(head.headers.get("content-type")).toBe("binary/octet-stream");
    expect(head.headers.has("x-amz-meta-a")).toBe(false);
  });

  test("keeps the checksum that it brings", async () => {
    for (const file of ["body", LARGE]) {
      const sha256 = createHash("sha256").update(file).digest("base64");
      const fields = allowedForm(bucket, [["key", "checked"]]);
      const right = await post([...fields, ["x-amz-checksum-sha256", sha256]], file);
      expect(right.headers.get("x-amz-checksum-sha256")).toBe(sha256);
      const wrong = createHash("sha256").update("another").digest("base64");
      const refused = await post([...fields, ["x-amz-checksum-sha256", wrong]], file);
      await expectError(refused, 400, "BadDigest");
    }
  });

  test("cannot be in another bucket than its policy names", async () => {
    const other = await uniqueBucket();
    const body = formBody(allowedForm(bucket, [["key", "other"]]), { file: "1" });
    await expectError(await sendForm(other, body), 403, "AccessDenied");
    await expectError(await sendForm("no-such-bucket-0", body), 403, "AccessDenied");
    const gone = formBody(allowedForm("no-such-bucket-0", [["key", "k"]]), { file: "1" });
    await expectError(await sendForm("no-such-bucket-0", gone), 404, "NoSuchBucket");
  });

  test("may go to the bucket's own host", async () => {
    const suffixed = faultyEnv({ VIRTUAL_HOST_SUFFIX: "s3.example.com" });
    const body = formBody(allowedForm(bucket, [["key", "hosted/ü"]]), { file: "1" });
    const host = { host: `${bucket}.s3.example.com` };
    const response = await faultyAnswer(suffixed, formRequest("", body, host));
    expect(response.status).toBe(204);
    expect(response.headers.get("location")).toBe(`${ENDPOINT}/hosted/%C3%BC`);
    expect((await bytesOf("hosted/ü")).toString()).toBe("1");
  });

  test("of another region is told which it is", async () => {
    const scope = scopeV4("eu-west-1");
    const named = scope.map(([name, value]) => ({ [name]: value }));
    const policy = policyOf([{ bucket }, { key: "region" }, ...named]);
    const response = await post([["key", "region"], ...signedV4(policy, scope)]);
    const document = await expectError(response, 400, "InvalidArgument");
    expect(elements(document, "Region")).toEqual(["us-east-1"]);
  });
});

describe("a form is stored whole, and nothing else", () => {
  const FORMS = {
    "ended as browsers end it": {},
    "of lines that end in LF alone": { newline: "\n" },
    "without a line end behind its last boundary": { end: "--" },
    "with more behind its last boundary": { end: "--\r\nsome more\r\n" },
    "with fields behind its file": { behind: [["submit", "Upload"] as const] },
    "with text before its first boundary": { preamble: "a preamble\r\n" },
  };
  const FILES = {
    empty: new Uint8Array(),
    small: Buffer.from("\r\n--\r\n\r"),
    large: LARGE,
    "large that nearly ends": Buffer.concat([LARGE, Buffer.from("\r\n------LedgeFormBoundary")]),
  };
  const cases = Object.keys(FORMS).flatMap((form) =>
    Object.keys(FILES).map((file) => [form, file]),
  );
  test.for(cases)("%s: %s", async ([formName = "", fileName = ""]) => {
    const file: Uint8Array = FILES[fileName as keyof typeof FILES];
    const key = `${formName} ${fileName}`;
    const options = { ...FORMS[formName as keyof typeof FORMS], file, fileName };
    const response = await sendForm(bucket, formBody(allowedForm(bucket, [["key", key]]), options));
    expect(response.status).toBe(204);
    expect(response.headers.get("etag")).toBe(`"${createHash("md5").update(file).digest("hex")}"`);
    expect((await bytesOf(key)).equals(file)).toBe(true);
  });

  test("with a checksum, and fields behind its file", async () => {
    const sha256 = createHash("sha256").update(LARGE).digest("base64");
    const fields = allowedForm(bucket, [
      ["key", "behind"],
      ["x-amz-checksum-sha256", sha256],
    ]);
    const body = formBody(fields, { file: LARGE, behind: [["a", "b".repeat(50_000)]] });
    const response = await sendForm(bucket, body);
    expect(response.headers.get("x-amz-checksum-sha256")).toBe(sha256);
    expect((await bytesOf("behind")).equals(LARGE)).toBe(true);
  });
});

describe("the answer to a form", () => {
  async function answerTo(fields: Fields): Promise<Response> {
    const body = formBody(allowedForm(bucket, [["key", "a b/ü"], ...fields]), { file: "body" });
    return sendForm(bucket, body);
  }

  test.for([
    ["200", 200],
    ["204", 204],
    ["404", 204],
    ["x", 204],
  ] as const)("of success_action_status %s is %i, and empty", async ([status, expected]) => {
    const response = await answerTo([["success_action_status", status]]);
    expect(response.status).toBe(expected);
    expect(await response.text()).toBe("");
    expect(response.headers.get("content-type")).toBe(null);
  });

  test("of success_action_status 201 says what was made", async () => {
    const response = await answerTo([["success_action_status", "201"]]);
    expect(response.status).toBe(201);
    const location = `${ENDPOINT}/${bucket}/a%20b/%C3%BC`;
    expect(response.headers.get("location")).toBe(location);
    expect(await response.text()).toBe(
      `<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse><Location>${location}</Location><Bucket>${bucket}</Bucket><Key>a b/ü</Key><ETag>&quot;841a2d689ad86bd1611447453c22c6fc&quot;</ETag></PostResponse>`,
    );
  });

  test.for([
    ["http://127.0.0.1/next", "http://127.0.0.1/next?"],
    ["https://example.com/?a=1#top", "https://example.com/?a=1&"],
  ] as const)("is a redirect to %s", async ([url, beginning]) => {
    const response = await answerTo([["success_action_redirect", url]]);
    expect(response.status).toBe(303);
    const told = `bucket=${bucket}&key=a%20b/%C3%BC&etag=%22841a2d689ad86bd1611447453c22c6fc%22`;
    const hash = new URL(url).hash;
    expect(response.headers.get("location")).toBe(`${beginning}${told}${hash}`);
  });

  test("is a redirect by the older name of the field", async () => {
    expect((await answerTo([["redirect", "http://127.0.0.1/"]])).status).toBe(303);
  });

  test.for(["/relative", "javascript:alert(1)", "", "http://"])(
    "is no redirect to %s",
    async (url) => {
      expect((await answerTo([["success_action_redirect", url]])).status).toBe(204);
    },
  );
});
