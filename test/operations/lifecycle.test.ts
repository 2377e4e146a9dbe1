import { beforeAll, describe, expect, test } from "vitest";
import { elements, expectError, putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import { allowedForm, formBody, sendForm } from "../support/form.ts";
import { putLifecycle, rule, setLifecycle } from "../support/lifecycle.ts";
import { complete, putPart } from "../support/multipart.ts";
import { versionedBucket } from "../support/versions.ts";

const DAYS = "<Expiration><Days>7</Days></Expiration>";
const tag = (key: string) => `<Tag><Key>${key}</Key><Value>v</Value></Tag>`;
const transition = (days: number, storageClass: string) =>
  `<Transition><Days>${days}</Days><StorageClass>${storageClass}</StorageClass></Transition>`;
const date = (text: string) => `<Expiration><Date>${text}</Date></Expiration>`;
const MINIMUM_SIZE = "x-amz-transition-default-minimum-object-size";

describe("PutBucketLifecycleConfiguration", () => {
  let bucket = "";
  beforeAll(async () => void (bucket = await uniqueBucket()));

  test.for<[because: string, code: string, rules: string, message?: string]>([
    ["has no rule", "MalformedXML", ""],
    ["has neither filter nor prefix", "MalformedXML", rule(DAYS, "")],
    ["has both", "MalformedXML", rule(DAYS, "<Filter/><Prefix/>")],
    ["does nothing", "MalformedXML", rule("")],
    [
      "lacks the days of noncurrent versions",
      "MalformedXML",
      rule("<NoncurrentVersionExpiration/>"),
    ],
    [
      "has a condition beside And",
      "MalformedXML",
      rule(DAYS, "<Filter><Prefix/><And><Prefix>p</Prefix></And></Filter>"),
    ],
    [
      "has one condition in And",
      "MalformedXML",
      rule(DAYS, `<Filter><And>${tag("a")}</And></Filter>`),
    ],
    [
      "has two conditions without And",
      "MalformedXML",
      rule(DAYS, "<Filter><Prefix/><ObjectSizeGreaterThan>5</ObjectSizeGreaterThan></Filter>"),
    ],
    [
      "expires markers after days",
      "MalformedXML",
      rule(
        "<Expiration><Days>1</Days><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>",
      ),
    ],
    ["is enabled in lower case", "MalformedXML", rule(DAYS, "<Filter/>", "r", "enabled")],
    ["moves to a class that is none", "MalformedXML", rule(transition(1, "STANDARD"))],
    ["has a date that is none", "MalformedXML", rule(date("soon"))],
    [
      "has a date that is not midnight",
      "InvalidArgument",
      rule(date("2023-01-01T02:02:00Z")),
      "'Date' must be at midnight GMT",
    ],
    [
      "expires after no days",
      "InvalidArgument",
      rule("<Expiration><Days>0</Days></Expiration>"),
      "'Days' for Expiration action must be a positive integer",
    ],
    ["has a long id", "InvalidArgument", rule(DAYS, "<Filter/>", "a".repeat(256))],
    ["has the id of another", "InvalidArgument", rule(DAYS) + rule(DAYS)],
    [
      "has a tag twice",
      "InvalidRequest",
      rule(DAYS, `<Filter><And>${tag("a")}${tag("a")}</And></Filter>`),
      "Duplicate Tag Keys are not allowed.",
    ],
    [
      "aborts uploads by tag",
      "InvalidRequest",
      rule(
        "<AbortIncompleteMultipartUpload><DaysAfterInitiation>1</DaysAfterInitiation></AbortIncompleteMultipartUpload>",
        `<Filter>${tag("a")}</Filter>`,
      ),
    ],
    ["moves after it expires", "InvalidArgument", rule(DAYS + transition(7, "GLACIER"))],
    [
      "moves to a warmer class later",
      "InvalidArgument",
      rule(transition(1, "GLACIER") + transition(2, "STANDARD_IA")),
    ],
    [
      "mixes days and dates",
      "InvalidRequest",
      rule(date("2030-01-01T00:00:00Z") + transition(1, "GLACIER")),
    ],
    [
      "keeps too many versions",
      "InvalidArgument",
      rule(
        "<NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays><NewerNoncurrentVersions>101</NewerNoncurrentVersions></NoncurrentVersionExpiration>",
      ),
      "'NewerNoncurrentVersions' must be between 1 and 100",
    ],
  ])("of a rule that %s is %s, and not kept", async ([, code, rules, message]) => {
    const response = await putLifecycle(bucket, rules);
    const text = await response.clone().text();
    await expectError(response, 400, code);
    if (message !== undefined) expect(text).toContain(`<Message>${message}</Message>`);
    const kept = await signedFetch("GET", `/${bucket}`, { query: { lifecycle: "" } });
    await expectError(kept, 404, "NoSuchLifecycleConfiguration");
  });

  test("takes a thousand rules, and no more, nor what no row of the index has room for", async () => {
    const own = await uniqueBucket();
    const rules = (count: number, prefix: string) =>
      Array.from({ length: count }, (_, i) =>
        rule(DAYS, `<Filter><Prefix>${i}${prefix}</Prefix></Filter>`, `r${i}`),
      ).join("");
    await expectError(await putLifecycle(own, rules(1001, "/")), 400, "MalformedXML");
    // In JSON a quotation mark takes two bytes.
    await expectError(await putLifecycle(own, rules(1000, '"'.repeat(800))), 400, "MalformedXML");
    await setLifecycle(own, rules(1000, "/"));
    expect((await putObject(own, "999/k", "x")).headers.get("x-amz-expiration")).toContain(
      '"r999"',
    );
  });

  test("says how small an object moves, and is told it again", async () => {
    const own = await uniqueBucket();
    const query = { lifecycle: "" };
    for (const [said, told] of [
      [undefined, "all_storage_classes_128K"],
      ["varies_by_storage_class", "varies_by_storage_class"],
    ] as const) {
      const put = await putLifecycle(
        own,
        rule(DAYS),
        said === undefined ? {} : { [MINIMUM_SIZE]: said },
      );
      expect(put.headers.get(MINIMUM_SIZE)).toBe(told);
      const got = await signedFetch("GET", `/${own}`, { query });
      expect(got.headers.get(MINIMUM_SIZE)).toBe(told);
    }
    await expectError(
      await putLifecycle(own, rule(DAYS), { [MINIMUM_SIZE]: "value" }),
      400,
      "InvalidRequest",
    );
  });

  test("gives a rule without an id one, and a date one form", async () => {
    const own = await uniqueBucket();
    await setLifecycle(
      own,
      `<Rule><Prefix>old/</Prefix><Status>Enabled</Status>${date("2030-01-01T01:00:00+01:00")}</Rule>`,
    );
    const got = await signedFetch("GET", `/${own}`, { query: { lifecycle: "" } });
    const text = await got.text();
    expect(elements(text, "ID")[0]).toMatch(/^[A-Za-z0-9]{24}$/);
    expect(elements(text, "Date")).toEqual(["2030-01-01T00:00:00.000Z"]);
    expect(elements(text, "Prefix")).toEqual(["old/"]);
  });

  test("is undone by DELETE, which needs none to be there", async () => {
    const own = await uniqueBucket();
    await setLifecycle(own, rule(DAYS));
    const query = { lifecycle: "" };
    for (let i = 0; i < 2; i += 1)
      expect((await signedFetch("DELETE", `/${own}`, { query })).status).toBe(204);
    await expectError(
      await signedFetch("GET", `/${own}`, { query }),
      404,
      "NoSuchLifecycleConfiguration",
    );
  });
});

/** At the midnight after so many days. */
function expiry(days: number, ruleId: string): string {
  const midnight = Math.ceil(Date.now() / 86_400_000 + days) * 86_400_000;
  return `expiry-date="${new Date(midnight).toUTCString()}", rule-id="${ruleId}"`;
}

describe("x-amz-expiration", () => {
  let bucket = "";
  beforeAll(async () => {
    bucket = await versionedBucket();
    await setLifecycle(
      bucket,
      [
        rule(DAYS, "<Filter><Prefix>a</Prefix></Filter>", "week (a)"),
        rule("<Expiration><Days>3</Days></Expiration>", `<Filter>${tag("t")}</Filter>`, "tagged"),
        rule("<Expiration><Days>1</Days></Expiration>", "<Filter/>", "off", "Disabled"),
        rule(
          "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>",
          "<Filter/>",
          "marker",
        ),
        rule(
          "<AbortIncompleteMultipartUpload><DaysAfterInitiation>2</DaysAfterInitiation></AbortIncompleteMultipartUpload>",
          "<Filter><Prefix>a</Prefix></Filter>",
          "abort",
        ),
      ].join(""),
    );
  });

  const expiration = ({ headers }: Response) => headers.get("x-amz-expiration");
  const WEEK = () => expiry(7, "week%20%28a%29");

  test("is that of the rule which comes first", async () => {
    expect(expiration(await putObject(bucket, "a1", "x"))).toBe(WEEK());
    const tagged = await putObject(bucket, "a2", "x", { "x-amz-tagging": "t=v" });
    expect(expiration(tagged)).toBe(expiry(3, "tagged"));
    expect(expiration(await putObject(bucket, "b", "x"))).toBe(null);
  });

  test("is told of the current version, unless it is asked for by its id", async () => {
    const put = await putObject(bucket, "a3", "x");
    for (const method of ["GET", "HEAD"]) {
      const response = await signedFetch(method, `/${bucket}/a3`);
      await response.text();
      expect(expiration(response)).toBe(WEEK());
      const versionId = put.headers.get("x-amz-version-id") ?? "";
      const byId = await signedFetch(method, `/${bucket}/a3`, { query: { versionId } });
      await byId.text();
      expect(expiration(byId)).toBe(null);
    }
  });

  test("follows the tags", async () => {
    await putObject(bucket, "c", "x");
    const body = `<Tagging><TagSet>${tag("t")}</TagSet></Tagging>`;
    await signedFetch("PUT", `/${bucket}/c`, { query: { tagging: "" }, body });
    expect(expiration(await signedFetch("HEAD", `/${bucket}/c`))).toBe(expiry(3, "tagged"));
  });

  test("is told of copies, of forms, and of what is made of parts, whose upload tells when it is aborted", async () => {
    await putObject(bucket, "a4", "x");
    const copy = await signedFetch("PUT", `/${bucket}/a5`, {
      headers: { "x-amz-copy-source": `${bucket}/a4` },
    });
    expect(expiration(copy)).toBe(WEEK());
    const form = formBody(allowedForm(bucket, [["key", "a6"]]), { file: "x" });
    expect(expiration(await sendForm(bucket, form, {}))).toBe(WEEK());

    const created = await signedFetch("POST", `/${bucket}/a7`, { query: { uploads: "" } });
    const uploadId = elements(await created.text(), "UploadId")[0] ?? "";
    const abort = (response: Response) => [
      response.headers.get("x-amz-abort-date"),
      response.headers.get("x-amz-abort-rule-id"),
    ];
    const midnight = Math.ceil(Date.now() / 86_400_000 + 2) * 86_400_000;
    const told = [new Date(midnight).toUTCString(), "abort"];
    expect(abort(created)).toEqual(told);
    const part = await putPart(bucket, "a7", uploadId, 1, "part");
    expect(abort(await signedFetch("GET", `/${bucket}/a7`, { query: { uploadId } }))).toEqual(told);
    const done = await complete(bucket, "a7", uploadId, [part]);
    expect(expiration(done)).toBe(WEEK());
    const other = await signedFetch("POST", `/${bucket}/b`, { query: { uploads: "" } });
    expect(abort(other)).toEqual([null, null]);
  });
});
