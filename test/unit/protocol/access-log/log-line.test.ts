import { expect, test } from "vitest";
import { logKey } from "../../../../src/protocol/access-log/log-key.ts";
import { type AccessLogRecord, logLine } from "../../../../src/protocol/access-log/log-line.ts";

const OWNER = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be";

const COMMON: AccessLogRecord = {
  ownerId: OWNER,
  bucket: "amzn-s3-demo-bucket1",
  timeMs: Date.UTC(2019, 1, 6, 0, 0, 38),
  remoteIp: "192.0.2.3",
  requester: OWNER,
  requestId: "3E57427F3EXAMPLE",
  operation: "REST.GET.VERSIONING",
  userAgent: "S3Console/0.4",
  signatureVersion: "SigV4",
  cipherSuite: "ECDHE-RSA-AES128-GCM-SHA256",
  authenticationType: "AuthHeader",
  host: "amzn-s3-demo-bucket1.s3.us-west-1.amazonaws.com",
  tlsVersion: "TLSV1.2",
};

/** AWS's examples, without access points, and without the 27th field. */
test.for<{ record: Partial<AccessLogRecord>; line: string }>([
  {
    record: {
      requestUri: "GET /amzn-s3-demo-bucket1?versioning HTTP/1.1",
      status: 200,
      bytesSent: 113,
      totalMs: 7,
      hostId: "s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP/XV/VLi31234=",
      isAclRequired: true,
    },
    line: `${OWNER} amzn-s3-demo-bucket1 [06/Feb/2019:00:00:38 +0000] 192.0.2.3 ${OWNER} 3E57427F3EXAMPLE REST.GET.VERSIONING - "GET /amzn-s3-demo-bucket1?versioning HTTP/1.1" 200 - 113 - 7 - "-" "S3Console/0.4" - s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP/XV/VLi31234= SigV4 ECDHE-RSA-AES128-GCM-SHA256 AuthHeader amzn-s3-demo-bucket1.s3.us-west-1.amazonaws.com TLSV1.2 - Yes\n`,
  },
  {
    record: {
      requestId: "A1206F460EXAMPLE",
      operation: "REST.GET.BUCKETPOLICY",
      requestUri: "GET /amzn-s3-demo-bucket1?policy HTTP/1.1",
      status: 404,
      errorCode: "NoSuchBucketPolicy",
      bytesSent: 297,
      totalMs: 38,
      hostId: "BNaBsXZQQDbssi6xMBdBU2sLt+Yf5kZDmeBUP35sFoKa3sLLeMC78iwEIWxs99CRUrbS4n11234=",
    },
    line: `${OWNER} amzn-s3-demo-bucket1 [06/Feb/2019:00:00:38 +0000] 192.0.2.3 ${OWNER} A1206F460EXAMPLE REST.GET.BUCKETPOLICY - "GET /amzn-s3-demo-bucket1?policy HTTP/1.1" 404 NoSuchBucketPolicy 297 - 38 - "-" "S3Console/0.4" - BNaBsXZQQDbssi6xMBdBU2sLt+Yf5kZDmeBUP35sFoKa3sLLeMC78iwEIWxs99CRUrbS4n11234= SigV4 ECDHE-RSA-AES128-GCM-SHA256 AuthHeader amzn-s3-demo-bucket1.s3.us-west-1.amazonaws.com TLSV1.2 - -\n`,
  },
  {
    record: {
      timeMs: Date.UTC(2019, 1, 6, 0, 1, 57),
      requestId: "DD6CC733AEXAMPLE",
      operation: "REST.PUT.OBJECT",
      key: "s3-dg.pdf",
      requestUri: "PUT /amzn-s3-demo-bucket1/s3-dg.pdf HTTP/1.1",
      status: 200,
      bytesSent: 0,
      objectSizeBytes: 4_406_583,
      totalMs: 41_754,
      turnaroundMs: 28,
      hostId: "10S62Zv81kBW7BB6SX4XJ48o6kpcl6LPwEoizZQQxJd5qDSCTLX0TgS37kYUBKQW3+bPdrg1234=",
      cipherSuite: "ECDHE-RSA-AES128-SHA",
      isAclRequired: true,
    },
    line: `${OWNER} amzn-s3-demo-bucket1 [06/Feb/2019:00:01:57 +0000] 192.0.2.3 ${OWNER} DD6CC733AEXAMPLE REST.PUT.OBJECT s3-dg.pdf "PUT /amzn-s3-demo-bucket1/s3-dg.pdf HTTP/1.1" 200 - - 4406583 41754 28 "-" "S3Console/0.4" - 10S62Zv81kBW7BB6SX4XJ48o6kpcl6LPwEoizZQQxJd5qDSCTLX0TgS37kYUBKQW3+bPdrg1234= SigV4 ECDHE-RSA-AES128-SHA AuthHeader amzn-s3-demo-bucket1.s3.us-west-1.amazonaws.com TLSV1.2 - Yes\n`,
  },
])("a line is as AWS's example of $record.operation", ({ record, line }) => {
  expect(logLine({ ...COMMON, ...record })).toBe(line);
});

test("a line without anything has 26 fields", () => {
  const { ownerId, bucket, timeMs, requestId, operation } = COMMON;
  const line = logLine({ ownerId, bucket, timeMs, requestId, operation });
  expect(line.trimEnd().replace(" +0000", "").split(" ")).toHaveLength(26);
});

test("a key is encoded twice, and its slashes stay", () => {
  const line = logLine({ ...COMMON, key: 'a folder/ü"\n' });
  expect(line).toContain(" a%2520folder/%25C3%25BC%2522%250A ");
});

test.for([
  ['a "quote"', '"a \\x22quote\\x22"'],
  ["two\r\nlines", '"two\\x0D\\x0Alines"'],
  ["ü", '"\\xC3\\xBC"'],
])("a client's text cannot leave its field: %j", ([userAgent, written]) => {
  const line = logLine({ ...COMMON, ...(userAgent !== undefined && { userAgent }) });
  expect(line).toContain(` ${written} `);
  expect(line.indexOf("\n")).toBe(line.length - 1);
});

test("a text that is as long as its client liked is cut", () => {
  expect(logLine({ ...COMMON, userAgent: "x".repeat(100_000) }).length).toBeLessThan(6000);
});

const SOURCE = { bucket: "source", region: "eu-west-1", accountId: "111111111111", ownerId: "o" };
const TIME_MS = Date.UTC(2026, 10, 26, 21, 50, 51);

test.for([
  [undefined, "logs/2026-11-26-21-50-51-0123456789ABCDEF"],
  [
    "DeliveryTime",
    "logs/111111111111/eu-west-1/source/2026/11/26/2026-11-26-21-50-51-0123456789ABCDEF",
  ],
  [
    "EventTime",
    "logs/111111111111/eu-west-1/source/2026/11/26/2026-11-26-00-00-00-0123456789ABCDEF",
  ],
] as const)("the key of a log object, partitioned by %s", ([partition, key]) => {
  const destination = { bucket: "t", prefix: "logs/", source: SOURCE };
  const to = partition === undefined ? destination : { ...destination, partition };
  expect(logKey(to, TIME_MS, "0123456789ABCDEF")).toBe(key);
});
