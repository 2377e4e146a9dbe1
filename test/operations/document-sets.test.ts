import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { elements, expectError, signedFetch, uniqueBucket } from "../support/client.ts";
import { expectOk, putDocument } from "../support/documents.ts";
import { bucketIdOf } from "../support/faults.ts";

interface Kind {
  readonly subresource: string;
  readonly root: string;
  /** What a document has to have beside its id and its filter. */
  readonly rest: string;
}

const KINDS: readonly Kind[] = [
  {
    subresource: "analytics",
    root: "AnalyticsConfiguration",
    rest: "<StorageClassAnalysis></StorageClassAnalysis>",
  },
  {
    subresource: "intelligent-tiering",
    root: "IntelligentTieringConfiguration",
    rest: "<Status>Disabled</Status><Tiering><Days>180</Days><AccessTier>DEEP_ARCHIVE_ACCESS</AccessTier></Tiering>",
  },
  { subresource: "metrics", root: "MetricsConfiguration", rest: "" },
];

const TAG = "<Tag><Key>k</Key><Value>v</Value></Tag>";
const OTHER_TAG = "<Tag><Key>l</Key><Value>v</Value></Tag>";
const PREFIX = "<Prefix>p/</Prefix>";

describe.for(KINDS)("?$subresource", ({ subresource, root, rest }) => {
  const put = (bucket: string, id: string, filter: string, after = rest) =>
    putDocument(`/${bucket}`, { [subresource]: "", id }, root, `<Id>${id}</Id>${filter}${after}`);
  const get = (bucket: string, query: Readonly<Record<string, string>>) =>
    signedFetch("GET", `/${bucket}`, { query: { [subresource]: "", ...query } });

  test.for([
    "",
    "<Filter></Filter>",
    `<Filter>${PREFIX}</Filter>`,
    `<Filter>${TAG}</Filter>`,
    `<Filter><And>${PREFIX}${TAG}${OTHER_TAG}</And></Filter>`,
    `<Filter><And>${TAG}${OTHER_TAG}</And></Filter>`,
  ])("is written as it was put, with the filter %s", async (filter) => {
    const bucket = await uniqueBucket();
    await expectOk(put(bucket, "a", filter), 204);
    expect(await (await get(bucket, { id: "a" })).text()).toBe(
      `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Id>a</Id>${filter}${rest}</${root}>`,
    );
  });

  test.for([
    ["two conditions side by side", "a", `<Filter>${PREFIX}${TAG}</Filter>`, "MalformedXML"],
    [
      "a condition beside And",
      "a",
      `<Filter>${PREFIX}<And>${PREFIX}${TAG}</And></Filter>`,
      "MalformedXML",
    ],
    ["And of one", "a", `<Filter><And>${TAG}</And></Filter>`, "MalformedXML"],
    ["And of nothing", "a", "<Filter><And></And></Filter>", "MalformedXML"],
    ["two tags of one key", "a", `<Filter><And>${TAG}${TAG}</And></Filter>`, "InvalidRequest"],
    ["what is unknown", "a", "<Filter><Size>1</Size></Filter>", "MalformedXML"],
    ["an id of odd characters", "a/b", "", "InvalidArgument"],
    ["an id of 65 characters", "i".repeat(65), "", "InvalidArgument"],
  ] as const)("with %s is refused", async ([, id, filter, code]) => {
    const bucket = await uniqueBucket();
    await expectError(await put(bucket, id, filter), 400, code);
    await expectError(await get(bucket, { id }), 404, "NoSuchConfiguration");
  });

  test("is about one that has an id", async () => {
    const bucket = await uniqueBucket();
    await expectError(await put(bucket, "", ""), 400, "InvalidArgument");
    const query = { [subresource]: "" };
    const removed = await signedFetch("DELETE", `/${bucket}`, { query });
    await expectError(removed, 400, "InvalidArgument");
    expect((await signedFetch("HEAD", `/${bucket}`)).status).toBe(200);
  });
});

test("a list of 101 has two pages", async () => {
  const bucket = await uniqueBucket();
  const ids = Array.from({ length: 101 }, (_, i) => `m-${1000 + i}`);
  for (const id of ids) await expectOk(putMetrics(bucket, id), 204);
  const first = await (await listMetrics(bucket)).text();
  expect(elements(first, "Id")).toEqual(ids.slice(0, 100));
  expect(elements(first, "IsTruncated")).toEqual(["true"]);
  const [token = ""] = elements(first, "NextContinuationToken");
  const second = await (await listMetrics(bucket, token)).text();
  expect(elements(second, "Id")).toEqual(["m-1100"]);
  expect(elements(second, "ContinuationToken")).toEqual([token]);
  expect(elements(second, "IsTruncated")).toEqual(["false"]);
  await expectError(await listMetrics(bucket, "no-token"), 400, "InvalidArgument");
});

test("a thousand and first is TooManyConfigurations, and one of the thousand may be put again", async () => {
  const bucket = await uniqueBucket();
  const bucketId = await bucketIdOf(bucket);
  await runInDurableObject(env.DIRECTORY.getByName("directory"), (_, { storage }) => {
    storage.sql.exec(
      `WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 1000)
       INSERT INTO bucket_document SELECT ?, 'metrics', 'm' || n, 'directory', 1, 0, '{}' FROM number`,
      bucketId,
    );
  });
  await expectError(await putMetrics(bucket, "new"), 400, "TooManyConfigurations");
  await expectOk(putMetrics(bucket, "m7"), 204);
});

test("the configurations of another bucket, and of a deleted one, are not told", async () => {
  const bucket = await uniqueBucket();
  await expectOk(putMetrics(bucket, "m"), 204);
  expect(elements(await (await listMetrics(await uniqueBucket())).text(), "Id")).toEqual([]);
  await expectOk(signedFetch("DELETE", `/${bucket}`), 204);
  await expectError(await listMetrics(bucket), 404, "NoSuchBucket");
  await expectOk(signedFetch("PUT", `/${bucket}`));
  expect(elements(await (await listMetrics(bucket)).text(), "Id")).toEqual([]);
});

test("a metrics filter may name an access point", async () => {
  const bucket = await uniqueBucket();
  const filter =
    "<Filter><And><AccessPointArn>arn:aws:s3:us-east-1:1:accesspoint/a</AccessPointArn><Prefix>p</Prefix></And></Filter>";
  await expectOk(putMetrics(bucket, "m", filter), 204);
  const text = await (await listMetrics(bucket)).text();
  expect(elements(text, "AccessPointArn")).toEqual(["arn:aws:s3:us-east-1:1:accesspoint/a"]);
});

test.for([
  ["ARCHIVE_ACCESS", "89"],
  ["ARCHIVE_ACCESS", "731"],
  ["DEEP_ARCHIVE_ACCESS", "179"],
])("%s after %s days is InvalidArgument", async ([tier = "", days = ""]) => {
  const bucket = await uniqueBucket();
  const content = `<Id>t</Id><Status>Enabled</Status><Tiering><Days>${days}</Days><AccessTier>${tier}</AccessTier></Tiering>`;
  const query = { "intelligent-tiering": "", id: "t" };
  const put = await putDocument(`/${bucket}`, query, "IntelligentTieringConfiguration", content);
  const document = await expectError(put, 400, "InvalidArgument");
  expect(elements(document, "ArgumentValue")).toEqual([days]);
});

test("analytics are exported to what is a bucket's ARN", async () => {
  const bucket = await uniqueBucket();
  const content = `<Id>a</Id><StorageClassAnalysis><DataExport><OutputSchemaVersion>V_1</OutputSchemaVersion><Destination><S3BucketDestination><Format>CSV</Format><Bucket>reports</Bucket></S3BucketDestination></Destination></DataExport></StorageClassAnalysis>`;
  const query = { analytics: "", id: "a" };
  const put = await putDocument(`/${bucket}`, query, "AnalyticsConfiguration", content);
  await expectError(put, 400, "InvalidS3DestinationBucket");
});

function putMetrics(bucket: string, id: string, filter = ""): Promise<Response> {
  const query = { metrics: "", id };
  return putDocument(`/${bucket}`, query, "MetricsConfiguration", `<Id>${id}</Id>${filter}`);
}

function listMetrics(bucket: string, token?: string): Promise<Response> {
  const query = { metrics: "", ...(token !== undefined && { "continuation-token": token }) };
  return signedFetch("GET", `/${bucket}`, { query });
}
