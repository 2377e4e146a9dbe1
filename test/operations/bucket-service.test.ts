import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { R2Calls } from "../../src/http/r2/bucket-service.ts";
import {
  UPLOAD_HEADER,
  type WireUpload,
  type WireUploadAnswer,
} from "../../src/protocol/r2/wire.ts";
import { loggedBucket, logOf } from "../support/access-log.ts";
import { putObject, uniqueBucket } from "../support/client.ts";
import { faultyEnv } from "../support/faults.ts";
import { startClock } from "../support/shards.ts";
import { RecordedTracing } from "../support/recorded-tracing.ts";

const CONTENT = "ab";

/** A call of a binding that has a policy. */
type Call = (calls: R2Calls, bucket: string) => Promise<unknown>;

interface Bound {
  readonly settings?: Partial<Cloudflare.Env>;
  readonly tracing?: RecordedTracing;
}

/** Makes calls as another Worker does whose binding has this policy. */
async function bound<T>(
  bucket: string,
  statements: readonly object[],
  call: (calls: R2Calls) => Promise<T>,
  { settings = {}, tracing }: Bound = {},
): Promise<T> {
  const context = createExecutionContext();
  const policy = { Version: "2012-10-17", Statement: statements };
  const waiter = {
    waitUntil: (promise: Promise<unknown>) => context.waitUntil(promise),
    props: { bucket, policy },
    tracing,
  };
  const value = await call(new R2Calls(faultyEnv(settings), waiter));
  await waitOnExecutionContext(context);
  return value;
}

const allow = (...actions: readonly string[]): readonly object[] => [
  { Effect: "Allow", Action: actions.map((action) => `s3:${action}`), Resource: "*" },
];
const ALL = allow("*");

async function upload(calls: R2Calls, wire: WireUpload): Promise<WireUploadAnswer> {
  const headers = {
    [UPLOAD_HEADER]: encodeURIComponent(JSON.stringify(wire)),
    "content-length": String(CONTENT.length),
  };
  const init = { method: "PUT", headers, body: CONTENT };
  const answer = await calls.upload(new Request("http://ledge.invalid", init));
  if ("error" in answer) throw Object.assign(new Error(answer.error.message), answer.error);
  return answer;
}

async function begun(bucket: string, key: string): Promise<string> {
  return bound(bucket, ALL, (calls) => calls.createMultipartUpload(key, {}));
}

/** What each call takes, which is what S3's operation takes that it is. */
const CALLS: readonly (readonly [name: string, actions: readonly string[], call: Call])[] = [
  ["head", ["GetObject"], (calls) => calls.head("k")],
  ["get", ["GetObject"], (calls) => calls.get("k", {})],
  ["list", ["ListBucket"], (calls) => calls.list({})],
  // Metadata is what HeadObject tells of each.
  [
    "list, with metadata",
    ["ListBucket", "GetObject"],
    (calls) => calls.list({ hasMetadata: true }),
  ],
  ["delete", ["DeleteObject"], (calls) => calls.delete(["k"])],
  ["delete, several", ["DeleteObject"], (calls) => calls.delete(["k", "l"])],
  ["put", ["PutObject"], (calls) => upload(calls, { kind: "put", key: "new", options: {} })],
  [
    "put, if there is none",
    ["PutObject"],
    (calls) => {
      const options = { onlyIf: { etagDoesNotMatch: ["*"] } };
      return upload(calls, { kind: "put", key: crypto.randomUUID(), options });
    },
  ],
  [
    // As PutObject with If-Match.
    "put, if it is this one",
    ["PutObject", "GetObject"],
    (calls) => {
      const options = { onlyIf: { etagDoesNotMatch: ["other"] } };
      return upload(calls, { kind: "put", key: "k", options });
    },
  ],
  ["createMultipartUpload", ["PutObject"], (calls) => calls.createMultipartUpload("u", {})],
  [
    "uploadPart",
    ["PutObject"],
    async (calls, bucket) => {
      const uploadId = await begun(bucket, "u");
      return upload(calls, { kind: "part", key: "u", uploadId, partNumber: 1 });
    },
  ],
  [
    "completeMultipartUpload",
    ["PutObject"],
    async (calls, bucket) => {
      const uploadId = await begun(bucket, "u");
      const part = { kind: "part", key: "u", uploadId, partNumber: 1 } as const;
      const answer = await bound(bucket, ALL, (owner) => upload(owner, part));
      const parts = "part" in answer ? [answer.part] : [];
      const object = await calls.completeMultipartUpload("u", uploadId, parts);
      expect(object).toMatchObject({ key: "u", size: CONTENT.length });
      return object;
    },
  ],
  [
    "abortMultipartUpload",
    ["AbortMultipartUpload"],
    async (calls, bucket) => calls.abortMultipartUpload("u", await begun(bucket, "u")),
  ],
];

describe("a call of a binding takes what S3's operation takes, no more and no less", () => {
  let bucket: string;
  beforeAll(async () => {
    bucket = await uniqueBucket();
  });

  test.for(CALLS)("%s: %j", async ([, actions, call]) => {
    for (const key of ["k", "l"]) await putObject(bucket, key, "x");
    await bound(bucket, allow(...actions), (calls) => call(calls, bucket));
    for (const key of ["k", "l"]) await putObject(bucket, key, "x");
    for (const missing of actions) {
      const others = [{ Effect: "Allow", NotAction: `s3:${missing}`, Resource: "*" }];
      const refused = bound(bucket, others, (calls) => call(calls, bucket));
      await expect(refused, missing).rejects.toMatchObject({ code: "AccessDenied" });
    }
  });
});

describe("a call of a binding", () => {
  afterEach(() => vi.restoreAllMocks());

  async function linesOf(bucket: string, call: (calls: R2Calls) => Promise<unknown>) {
    const lines: unknown[] = [];
    vi.spyOn(console, "log").mockImplementation((line) => lines.push(JSON.parse(String(line))));
    const points: AnalyticsEngineDataPoint[] = [];
    const ANALYTICS = { writeDataPoint: (point: AnalyticsEngineDataPoint) => points.push(point) };
    const settings = { LOG_REQUESTS: "true", ANALYTICS } as Partial<Cloudflare.Env>;
    const tracing = new RecordedTracing();
    await bound(bucket, allow("PutObject", "GetObject"), call, { settings, tracing }).catch(
      () => undefined,
    );
    return { lines, points, tracing };
  }

  test("has a line in the log, a data point, and spans, as a request has", async () => {
    const bucket = await uniqueBucket();
    const { lines, points, tracing } = await linesOf(bucket, (calls) =>
      upload(calls, { kind: "put", key: "secret-key", options: {} }),
    );
    expect(lines).toMatchObject([
      {
        event: "request",
        via: "binding",
        method: "PUT",
        operation: "PutObject",
        requester: "arn:aws:iam::000000000000:user/BucketService",
        bucket,
        key: "secret-key",
        status: 200,
        bytesIn: CONTENT.length,
      },
    ]);
    expect(points).toMatchObject([{ indexes: [bucket], doubles: [expect.any(Number), 2, 0, 200] }]);
    expect(points[0]?.blobs?.[8]).toBe("binding");
    expect(tracing.names).toEqual(["authenticate", "authorize", "index.commit"]);
    expect(tracing.attributes).toEqual([{ "s3.operation": "PutObject", "s3.bucket": bucket }]);
  });

  test("that is refused has a line with the error's code", async () => {
    const bucket = await uniqueBucket();
    const { lines, points } = await linesOf(bucket, (calls) => calls.delete(["k"]));
    const told = { operation: "DeleteObject", status: 403, code: "AccessDenied" };
    expect(lines).toMatchObject([told]);
    expect(points[0]?.blobs?.slice(0, 2)).toEqual(["DeleteObject", "AccessDenied"]);
  });

  test("of a bucket that there is not, or by a binding that says of nobody, has one as well", async () => {
    const { lines } = await linesOf("no-such-bucket", (calls) => calls.head("k"));
    expect(lines).toMatchObject([{ operation: "HeadObject", status: 404, code: "NoSuchBucket" }]);
  });
});

describe("a call of a binding to a bucket that is logged", () => {
  beforeAll(startClock);
  afterAll(() => vi.useRealTimers());

  test("has a line in the access log, as S3's operation has", async () => {
    const { bucket, target } = await loggedBucket();
    const rights = allow("PutObject", "GetObject", "ListBucket", "DeleteObject");
    const call = <T>(act: (calls: R2Calls) => Promise<T>) => bound(bucket, rights, act);
    await call((calls) => upload(calls, { kind: "put", key: "a key", options: {} }));
    await call(async (calls) => {
      const found = await calls.get("a key", {});
      expect(await new Response(found?.body).text()).toBe(CONTENT);
    });
    await call((calls) => calls.head("missing"));
    await call((calls) => calls.list({ prefix: "a" }));
    await call((calls) => calls.delete(["a key", "other"]));
    await call(async (calls) => {
      const refused = calls.abortMultipartUpload("a key", "u");
      await expect(refused).rejects.toMatchObject({ code: "AccessDenied" });
    });
    const lines = await logOf(target);
    const told = lines.map(({ operation, key, status, errorCode, bytesSent }) =>
      [operation, key, status, errorCode, bytesSent].join(" "),
    );
    expect(told.toSorted()).toEqual([
      "BATCH.DELETE.OBJECT a%2520key 204 - -",
      "BATCH.DELETE.OBJECT other 204 - -",
      "REST.DELETE.UPLOAD a%2520key 403 AccessDenied -",
      "REST.GET.BUCKET - 200 - -",
      "REST.GET.OBJECT a%2520key 200 - 2",
      "REST.HEAD.OBJECT missing 404 NoSuchKey -",
      expect.stringMatching(/^REST.POST.MULTI_OBJECT_DELETE - 200 - \d+$/),
      "REST.PUT.OBJECT a%2520key 200 - -",
    ]);
    for (const line of lines)
      expect(line).toMatchObject({
        bucket,
        remoteIp: "-",
        requester: "arn:aws:iam::000000000000:user/BucketService",
        signatureVersion: "-",
        authenticationType: "-",
        host: "-",
      });
    expect(lines.find(({ operation }) => operation === "REST.PUT.OBJECT")).toMatchObject({
      uri: '"PUT /a%20key HTTP/1.1"',
      objectSize: "2",
    });
  });
});
