import { beforeAll, describe, expect, test } from "vitest";
import {
  elements,
  ENDPOINT,
  expectError,
  rawFetch,
  signedFetch,
  uniqueBucket,
} from "../support/client.ts";
import {
  allowedForm,
  encodePolicy,
  type Fields,
  formBody,
  policyOf,
  sendForm,
  signedV2,
  signedV4,
} from "../support/form.ts";

let bucket: string;
beforeAll(async () => {
  bucket = await uniqueBucket();
});

function post(fields: Fields, file: string | Uint8Array = "body"): Promise<Response> {
  return sendForm(bucket, formBody(fields, { file }));
}

interface Refusal {
  readonly name: string;
  readonly fields: () => Fields;
  readonly hasFile?: false;
  readonly status: number;
  readonly code: string;
  readonly message?: string;
  readonly argument?: string;
}

function missing(field: string): string {
  return `Bucket POST must contain a field named '${field}'.  If it is specified, please check the order of the fields.`;
}

const KEY: Fields = [["key", "refused"]];
function without(fields: Fields, ...names: readonly string[]): Fields {
  return fields.filter(([name]) => !names.includes(name));
}
function signed(policy: unknown): Fields {
  return [...KEY, ...signedV2(encodePolicy(policy))];
}
const LATER = "2999-01-01T00:00:00.000Z";

/** In the order in which they are looked at: each has what the next is refused for, too. */
const REFUSALS: readonly Refusal[] = [
  {
    name: "fields over 20 KB",
    fields: () => [["x-ignore-a", "a".repeat(20_481)]],
    hasFile: false,
    status: 400,
    code: "MaxPostPreDataLengthExceeded",
  },
  {
    name: "no file",
    fields: () => [["policy", "no policy"]],
    hasFile: false,
    status: 400,
    code: "InvalidArgument",
    message: "POST requires exactly one file upload per request.",
    argument: "file",
  },
  {
    name: "no key",
    fields: () => [["policy", "no policy"]],
    status: 400,
    code: "InvalidArgument",
    message: missing("key"),
    argument: "key",
  },
  {
    name: "a key of no length",
    fields: () => [
      ["key", ""],
      ["policy", "no policy"],
    ],
    status: 400,
    code: "InvalidArgument",
    message: "User key must have a length greater than 0.",
    argument: "key",
  },
  {
    name: "a key that is too long",
    fields: () => [
      ["key", "ü".repeat(600)],
      ["policy", "no policy"],
    ],
    status: 400,
    code: "KeyTooLongError",
  },
  {
    name: "a field twice",
    fields: () => [...KEY, ["Acl", "private"], ["acl", "public-read"]],
    status: 400,
    code: "InvalidArgument",
    argument: "acl",
  },
  {
    name: "a policy and nothing of any scheme",
    fields: () => [...KEY, ["policy", "no policy"]],
    status: 403,
    code: "AccessDenied",
    message: "Access Denied",
  },
  {
    name: "neither policy nor signature",
    fields: () => KEY,
    status: 403,
    code: "AccessDenied",
    message: "Access Denied",
  },
  ...["AWSAccessKeyId", "Signature", "policy"].map((name) => ({
    name: `SigV2 without ${name}`,
    fields: () => without([...KEY, ...signedV2("no policy")], name, name.toLowerCase()),
    status: 400,
    code: "InvalidArgument",
    message: missing(name),
    argument: name,
  })),
  ...["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Signature", "policy"].map(
    (name) => ({
      name: `SigV4 without ${name}`,
      fields: () => without([...KEY, ...signedV4("no policy")], name, name.toLowerCase()),
      status: 400,
      code: "InvalidArgument",
      message: missing(name),
      argument: name,
    }),
  ),
  {
    name: "an unknown key",
    fields: () => [...KEY, ["AWSAccessKeyId", "nobody"], ["signature", "x"], ["policy", "no"]],
    status: 403,
    code: "InvalidAccessKeyId",
  },
  {
    name: "a session's token, of which there are none",
    fields: () => [...KEY, ...signedV2("no policy"), ["x-amz-security-token", "token"]],
    status: 400,
    code: "InvalidToken",
  },
  ...[signedV2, signedV4].map((sign) => ({
    name: `a policy that ${sign.name} has not signed`,
    fields: () =>
      sign("no policy")
        .map(([name, value]) => [name, name === "policy" ? "other" : value] as const)
        .concat(KEY),
    status: 403,
    code: "SignatureDoesNotMatch",
  })),
  {
    name: "a policy that is none",
    fields: () => [...KEY, ...signedV2("no policy")],
    status: 400,
    code: "InvalidPolicyDocument",
    message: "Invalid Policy: Invalid JSON.",
  },
  {
    name: "a condition that is none",
    fields: () => signed({ expiration: "2007-12-01T12:00:00.000Z", conditions: [{}] }),
    status: 400,
    code: "InvalidPolicyDocument",
  },
  {
    name: "a policy that has expired",
    fields: () =>
      signed({ expiration: "2007-12-01T12:00:00.000Z", conditions: [["eq", "$key", "x"]] }),
    status: 403,
    code: "AccessDenied",
    message: "Invalid according to Policy: Policy expired.",
  },
  {
    name: "a condition that it does not meet",
    fields: () => signed({ expiration: LATER, conditions: [{ acl: "private" }] }),
    status: 403,
    code: "AccessDenied",
    message:
      "Invalid according to Policy: Policy Condition failed: [&quot;eq&quot;, &quot;$acl&quot;, &quot;private&quot;]",
  },
  {
    name: "a field that no condition names",
    fields: () => [
      ...signed({ expiration: LATER, conditions: [["starts-with", "$key", ""]] }),
      ["acl", "nobody"],
    ],
    status: 403,
    code: "AccessDenied",
    message: "Invalid according to Policy: Extra input fields: acl, bucket",
  },
];

describe("a form is refused, and stores nothing", () => {
  test.for(REFUSALS)("for $name", async ({ fields, hasFile, status, code, message, argument }) => {
    const body = formBody(fields(), hasFile === false ? {} : { file: "body" });
    const document = await expectError(await sendForm(bucket, body), status, code);
    if (message !== undefined) expect(elements(document, "Message")).toEqual([message]);
    if (argument !== undefined) expect(elements(document, "ArgumentName")).toEqual([argument]);
    await expectNothingStored();
  });

  test.for([
    ["tagging", "not-xml", "MalformedXML"],
    ["tagging", "<Tagging><TagSet><Tag><Key></Key><Value/></Tag></TagSet></Tagging>", "InvalidTag"],
    ["x-amz-storage-class", "FakeClass", "InvalidStorageClass"],
    ["acl", "nobody", "InvalidArgument"],
    ["Content-Type", "text/plain\r\nx-amz-meta-a: 1", "InvalidArgument"],
    ["x-amz-meta-ü", "1", "InvalidArgument"],
    ["x-amz-server-side-encryption", "unknown", "InvalidArgument"],
    ["x-amz-website-redirect-location", "nowhere", "InvalidRedirectLocation"],
    ["x-amz-object-lock-legal-hold", "ON", "InvalidRequest"],
    ["x-amz-checksum-sha256", "no checksum", "InvalidRequest"],
    ["x-amz-meta-a", "a".repeat(3000), "MetadataTooLarge"],
    ["bucket", "another", "InvalidArgument"],
  ] as const)("for the field %s: %.20s", async ([name, value, code]) => {
    const fields = [...KEY, [name, value] as const];
    const signed =
      name === "bucket"
        ? [...fields, ...signedV2(policyOf([{ bucket }, { key: "refused" }]))]
        : allowedForm(bucket, fields);
    await expectError(await post(signed), 400, code);
    await expectNothingStored();
  });

  test.for([
    [0, 11, 10, "EntityTooLarge", { ProposedSize: "11", MaxSizeAllowed: "10" }],
    [5, 4, 10, "EntityTooSmall", { ProposedSize: "4", MinSizeAllowed: "5" }],
    [0, 300_000, 299_999, "EntityTooLarge", { ProposedSize: "300000", MaxSizeAllowed: "299999" }],
    [
      300_001,
      300_000,
      400_000,
      "EntityTooSmall",
      { ProposedSize: "300000", MinSizeAllowed: "300001" },
    ],
  ] as const)(
    "for content-length-range %i, of %i bytes, to %i",
    async ([min, sizeBytes, max, code, expected]) => {
      const fields = allowedForm(bucket, KEY, [["content-length-range", String(min), max]]);
      const document = await expectError(await post(fields, "a".repeat(sizeBytes)), 400, code);
      for (const [name, value] of Object.entries(expected))
        expect(elements(document, name)).toEqual([value]);
      await expectNothingStored();
    },
  );

  test("for want of an end, or of a length", async () => {
    const body = formBody(allowedForm(bucket, KEY), { file: "a".repeat(300_000) });
    await expectError(await sendForm(bucket, body.subarray(0, -40)), 400, "MalformedPOSTRequest");
    const small = formBody(allowedForm(bucket, KEY), { file: "1" });
    await expectError(await sendForm(bucket, small.subarray(0, -40)), 400, "MalformedPOSTRequest");
    await expectError(await sendForm(bucket, small.subarray(0, 100)), 400, "MalformedPOSTRequest");
    const cut = { "content-length": String(body.byteLength + 1) };
    await expectError(await sendForm(bucket, body, cut), 400, "IncompleteBody");
    const type = { "content-type": "multipart/form-data" };
    await expectError(await sendForm(bucket, small, type), 400, "MalformedPOSTRequest");
    const long = { "content-type": `multipart/form-data; boundary=${"a".repeat(71)}` };
    await expectError(await sendForm(bucket, small, long), 400, "MalformedPOSTRequest");
    const unknown = await rawFetch(`${ENDPOINT}/${bucket}`, {
      method: "POST",
      headers: { "content-type": "multipart/form-data; boundary=a", host: new URL(ENDPOINT).host },
      body: new ReadableStream({ type: "bytes", start: (controller) => controller.close() }),
    });
    await expectError(unknown, 501, "NotImplemented");
    await expectNothingStored();
  });

  test("when it is no form", async () => {
    const body = formBody(allowedForm(bucket, KEY), { file: "1" });
    const response = await sendForm(bucket, body, { "content-type": "text/html" });
    const document = await expectError(response, 412, "PreconditionFailed");
    expect(elements(document, "Condition")).toEqual([
      "Bucket POST must be of the enclosure-type multipart/form-data",
    ]);
  });

  async function expectNothingStored(): Promise<void> {
    await expectError(await signedFetch("GET", `/${bucket}/refused`), 404, "NoSuchKey");
  }
});
