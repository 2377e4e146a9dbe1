import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { setAcl } from "../support/acl.ts";
import { annotate } from "../support/annotations.ts";
import { putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import { copied } from "../support/copy.ts";
import {
  EventReceiver,
  type EventRecord,
  filterOf,
  notify,
  ONE,
  putNotifications,
  queueOf,
  TWO,
} from "../support/event-receiver.ts";
import { allowedForm, formBody, sendForm } from "../support/form.ts";
import { completed, createUpload, putPart } from "../support/multipart.ts";
import { lockedBucket, putRetention } from "../support/object-lock.ts";
import { put, remove, setVersioning, versionedBucket } from "../support/versions.ts";

const KEY = "dir/a@b c.txt";
const ALL = [
  ...["ObjectCreated:*", "ObjectRemoved:*", "ObjectTagging:*", "ObjectAnnotation:*"],
  ...["ObjectAcl:Put", "ObjectRetention:Put"],
].map((name) => `s3:${name}`);

const receiver = new EventReceiver();
beforeAll(() => receiver.listen());
afterAll(() => void vi.unstubAllGlobals());

/** What the receiver was told of the bucket, when it was told so much. */
function told(bucket: string, count: number): Promise<EventRecord[]> {
  return vi.waitFor(
    () => {
      const records = receiver.recordsOf(bucket);
      expect(records.length, JSON.stringify(records)).toBeGreaterThanOrEqual(count);
      return records;
    },
    { timeout: 10_000, interval: 5 },
  );
}

function objectOf(record: EventRecord | undefined): string {
  return Object.keys(record?.s3.object ?? {}).join(" ");
}

interface Case {
  readonly name: string;
  readonly bucket?: () => Promise<string>;
  readonly act: (bucket: string) => Promise<unknown>;
  /** Each record's name, and which members its `object` has. */
  readonly records: readonly string[];
}

const tagging = "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>";
const path = `dir/${encodeURIComponent("a@b c.txt")}`;
const CREATED = "key size eTag sequencer";

describe("a bucket's notifications tell of", () => {
  test.for<Case>([
    {
      name: "PutObject",
      act: (bucket) => putObject(bucket, KEY, "other"),
      records: [`ObjectCreated:Put ${CREATED}`],
    },
    {
      name: "PutObject, with a version",
      bucket: versionedBucket,
      act: (bucket) => put(bucket, KEY, "other"),
      records: ["ObjectCreated:Put key size eTag versionId sequencer"],
    },
    {
      name: "an append",
      act: (bucket) => putObject(bucket, KEY, "more", { "x-amz-write-offset-bytes": "4" }),
      records: [`ObjectCreated:Put ${CREATED}`],
    },
    {
      name: "PostObject",
      act: (bucket) =>
        sendForm(bucket, formBody(allowedForm(bucket, [["key", KEY]]), { file: "form" })),
      records: [`ObjectCreated:Post ${CREATED}`],
    },
    {
      name: "CopyObject",
      act: (bucket) => copied(`${bucket}/${path}`, `${bucket}/copy`),
      records: [`ObjectCreated:Copy ${CREATED}`],
    },
    {
      name: "RenameObject",
      act: (bucket) =>
        signedFetch("PUT", `/${bucket}/new`, {
          query: { renameObject: "" },
          headers: { "x-amz-rename-source": path },
        }),
      records: [`ObjectCreated:Copy ${CREATED}`, "ObjectRemoved:Delete key sequencer"],
    },
    {
      name: "CompleteMultipartUpload",
      async act(bucket) {
        const uploadId = await createUpload(bucket, KEY);
        await completed(bucket, KEY, uploadId, [await putPart(bucket, KEY, uploadId, 1, "part")]);
      },
      records: [`ObjectCreated:CompleteMultipartUpload ${CREATED}`],
    },
    {
      name: "DeleteObject",
      act: (bucket) => remove(bucket, KEY),
      records: ["ObjectRemoved:Delete key sequencer"],
    },
    {
      name: "a delete that makes a marker",
      bucket: versionedBucket,
      act: (bucket) => remove(bucket, KEY),
      records: ["ObjectRemoved:DeleteMarkerCreated key eTag versionId sequencer"],
    },
    {
      name: "a version's delete",
      bucket: versionedBucket,
      async act(bucket) {
        const versionId = (await put(bucket, KEY, "second")) ?? "";
        await remove(bucket, KEY, versionId);
      },
      records: [
        "ObjectCreated:Put key size eTag versionId sequencer",
        "ObjectRemoved:Delete key versionId sequencer",
      ],
    },
    {
      name: "tags",
      async act(bucket) {
        const query = { tagging: "" };
        await signedFetch("PUT", `/${bucket}/${path}`, { query, body: tagging });
        await signedFetch("DELETE", `/${bucket}/${path}`, { query });
      },
      records: ["ObjectTagging:Put key eTag", "ObjectTagging:Delete key eTag"],
    },
    {
      name: "an ACL",
      act: (bucket) => setAcl(`${bucket}/${KEY}`, { "x-amz-acl": "public-read" }),
      records: ["ObjectAcl:Put key eTag"],
    },
    {
      name: "a retention",
      bucket: lockedBucket,
      act: (bucket) => putRetention(`/${bucket}/${path}`, "GOVERNANCE"),
      records: ["ObjectRetention:Put key eTag versionId"],
    },
    {
      name: "an annotation",
      act: (bucket) => annotate(`${bucket}/${KEY}`, "note"),
      records: ["ObjectAnnotation:Put key eTag"],
    },
  ])("$name", async ({ bucket: make = uniqueBucket, act, records }) => {
    const bucket = await make();
    await putObject(bucket, KEY, "body");
    await notify(bucket, queueOf(ONE, ALL));
    await act(bucket);
    const found = await told(bucket, records.length);
    expect(found.map((each) => `${each.eventName} ${objectOf(each)}`)).toEqual(records);
    const sequencers = found.flatMap(({ s3 }) => s3.object["sequencer"] ?? []);
    expect(sequencers).toEqual([...sequencers].sort((a, b) => (a < b ? -1 : 1)));
  });
});

test("a record is AWS's, in MinIO's envelope or alone", async () => {
  const bucket = await uniqueBucket();
  await notify(
    bucket,
    queueOf(ONE, ["s3:ObjectCreated:Put"], "<Id>mine</Id>") +
      queueOf(TWO, ["s3:ObjectRemoved:*"], "<Id>other</Id>"),
  );
  const answer = await putObject(bucket, KEY, "body");
  await remove(bucket, KEY);
  await told(bucket, 2);
  const posts = receiver.posts.filter(({ body }) => body.includes(bucket));
  const [created, removed] = ["one", "two"].map((host) =>
    posts.find(({ url }) => url.startsWith(`https://${host}.`)),
  );
  const { Records: records, ...envelope } = JSON.parse(created?.body ?? "") as {
    readonly Records: readonly object[];
  };
  const key = "dir/a%40b+c.txt";
  expect(envelope).toEqual({ EventName: "s3:ObjectCreated:Put", Key: `${bucket}/${key}` });
  expect(records).toEqual([
    {
      eventVersion: "2.1",
      eventSource: "aws:s3",
      awsRegion: "us-east-1",
      eventTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
      eventName: "ObjectCreated:Put",
      userIdentity: { principalId: "000000000000" },
      requestParameters: { sourceIPAddress: expect.any(String) as string },
      responseElements: {
        "x-amz-request-id": answer.headers.get("x-amz-request-id"),
        "x-amz-id-2": answer.headers.get("x-amz-id-2"),
      },
      s3: {
        s3SchemaVersion: "1.0",
        configurationId: "mine",
        bucket: {
          name: bucket,
          ownerIdentity: { principalId: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
          arn: `arn:aws:s3:::${bucket}`,
        },
        object: {
          key,
          size: 4,
          eTag: answer.headers.get("etag")?.replaceAll('"', ""),
          sequencer: expect.stringMatching(/^[0-9A-F]{18}$/) as string,
        },
      },
    },
  ]);
  expect(Object.keys(JSON.parse(removed?.body ?? "") as object)).toEqual(["Records"]);
  expect(removed?.headers.get("authorization")).toBe("Bearer token");
  expect(removed?.headers.get("x-ledge-signature")).toMatch(/^t=\d{10},v1=[0-9a-f]{64}$/);
});

test("filters choose keys, by what they are without escapes", async () => {
  const bucket = await uniqueBucket();
  const filter = filterOf(["PREFIX", "a+b/%2B"], ["suffix", ".jpg"]);
  await notify(bucket, queueOf(ONE, ["s3:ObjectCreated:*"], filter));
  for (const key of ["a b/+.png", "a+b/x.jpg", "a b/+1.jpg", "last"])
    await putObject(bucket, key, "");
  await notify(bucket, queueOf(ONE, ["s3:ObjectCreated:*"], filterOf(["prefix", ""])));
  await putObject(bucket, "any", "");
  const records = await told(bucket, 2);
  expect(records.map(({ s3 }) => s3.object["key"])).toEqual(["a+b/%2B1.jpg", "any"]);
});

test("an empty document ends notifications, and GET answers what was put, completed", async () => {
  const bucket = await uniqueBucket();
  const read = async () =>
    (await signedFetch("GET", `/${bucket}`, { query: { notification: "" } })).text();
  expect(await read()).toMatch(
    /<NotificationConfiguration [^>]*\/>|><\/NotificationConfiguration>/,
  );
  const filter = filterOf(["prefix", "p"], ["SUFFIX", ""]);
  await notify(bucket, queueOf(ONE, ["s3:ObjectCreated:*"], filter));
  const document = await read();
  expect(document).toMatch(/<Id>[A-Za-z0-9]{48}<\/Id>/);
  expect(document).toContain(filterOf(["Prefix", "p"], ["Suffix", ""]));
  await notify(bucket, "");
  expect(await read()).not.toContain("QueueConfiguration");
  await putObject(bucket, "p", "");
  await notify(bucket, queueOf(ONE, ["s3:ObjectCreated:*"]));
  await putObject(bucket, "q", "");
  expect((await told(bucket, 1)).map(({ s3 }) => s3.object["key"])).toEqual(["q"]);
});

test("a new target gets a test event, and has to answer it, unless that is to be left out", async () => {
  const bucket = await uniqueBucket();
  const content = queueOf(ONE, ["s3:ObjectCreated:*"]);
  receiver.answer = () => new Response(null, { status: 500 });
  const refused = await putNotifications(bucket, content);
  const unasked = { "x-amz-skip-destination-validation": "true" };
  expect((await putNotifications(await uniqueBucket(), content, unasked)).status).toBe(200);
  receiver.answer = () => new Response(null, { status: 204 });
  expect(refused.status).toBe(400);
  expect(await refused.text()).toContain(`<ArgumentName1>${ONE}</ArgumentName1>`);
  expect((await putNotifications(bucket, content)).status).toBe(200);
  expect((await putNotifications(bucket, content)).status).toBe(200);
  const events = receiver.posts.filter(({ body }) => body.includes(`"Bucket":"${bucket}"`));
  expect(events.map(({ body }) => JSON.parse(body) as object)).toEqual([
    {
      Service: "Amazon S3",
      Event: "s3:TestEvent",
      Time: expect.any(String) as string,
      Bucket: bucket,
      RequestId: expect.stringMatching(/^[0-9A-Z]{16}$/) as string,
      HostId: expect.any(String) as string,
    },
  ]);
});

test("versioning that is turned on later gives records their version", async () => {
  const bucket = await uniqueBucket();
  await notify(bucket, queueOf(ONE, ["s3:ObjectCreated:Put"]));
  await putObject(bucket, "k", "1");
  await setVersioning(bucket, "Enabled");
  await putObject(bucket, "k", "2");
  const records = await told(bucket, 2);
  expect(records.map(({ s3 }) => "versionId" in s3.object)).toEqual([false, true]);
});
