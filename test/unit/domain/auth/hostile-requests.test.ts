import { test } from "vitest";
import { ChunkedDecoder } from "../../../../src/domain/auth/chunked-body.ts";
import { withHoistedHeaders } from "../../../../src/http/hoisted-headers.ts";
import type { S3Request } from "../../../../src/protocol/s3-request.ts";
import { ASCII_TEXTS, expectLinear, type Preparation } from "../../../support/hostile.ts";
import {
  ACCESS_KEY_ID,
  AMZ_DATE,
  authenticated,
  authorization,
  s3Request,
  SCOPE,
} from "./requests.ts";

// Who sends a request is not known before its signature is verified: what that takes anybody may ask for.

const V4 = { "x-amz-date": AMZ_DATE, "x-amz-content-sha256": "UNSIGNED-PAYLOAD" };
const V2 = { date: "Mon, 23 Nov 2026 05:00:00 GMT" };
const NAMES = "host;x-amz-content-sha256;x-amz-date";
const CREDENTIAL = `${ACCESS_KEY_ID}/${SCOPE}`;
const PRESIGNED_V4 = {
  "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
  "X-Amz-Credential": CREDENTIAL,
  "X-Amz-Date": AMZ_DATE,
  "X-Amz-Expires": "60",
  "X-Amz-SignedHeaders": "host",
  "X-Amz-Signature": "0",
};
const PRESIGNED_V2 = { AWSAccessKeyId: ACCESS_KEY_ID, Signature: "0", Expires: "2000000000" };

const authenticate = (request: S3Request) => () => authenticated(request);
const byHeaders = (headersOf: (text: string) => Record<string, string>): Preparation => {
  return (text) => authenticate(s3Request({ headers: headersOf(text) }));
};
const byQuery = (parameters: Record<string, string>, name: string): Preparation => {
  return (text) => {
    const query = new URLSearchParams({ ...parameters, [name]: text });
    return authenticate(s3Request({ target: `/bucket/key?${query.toString()}` }));
  };
};
/** The text is many parameters, or one, or none. */
const byRawQuery = (parameters: Record<string, string>): Preparation => {
  const known = new URLSearchParams(parameters).toString();
  return (text) => authenticate(s3Request({ target: `/bucket/key?${known}&${text}` }));
};
const byChunks = (
  trailerNames: readonly string[],
  frame: (text: string) => string,
): Preparation => {
  return (text) => {
    const decoder = new ChunkedDecoder({
      kind: "chunked",
      signer: undefined,
      trailerNames,
      decodedLengthBytes: 0,
    });
    const body = Uint8Array.from(Buffer.from(frame(text)));
    return () => decoder.decode(body);
  };
};

const REQUESTS: Readonly<Record<string, Preparation>> = {
  "an Authorization": byHeaders((text) => ({ authorization: text })),
  "an Authorization of SigV2": byHeaders((text) => ({ ...V2, authorization: `AWS ${text}` })),
  "an Authorization of SigV4": byHeaders((text) => ({
    ...V4,
    authorization: `AWS4-HMAC-SHA256 ${text}`,
  })),
  "a Credential": byHeaders((text) => ({
    ...V4,
    authorization: `AWS4-HMAC-SHA256 Credential=${text}, SignedHeaders=host, Signature=0`,
  })),
  "a Signature": byHeaders((text) => ({ ...V4, authorization: authorization(NAMES, text) })),
  SignedHeaders: byHeaders((text) => ({
    ...V4,
    authorization: authorization(`${NAMES};${text}`, "0"),
  })),
  "a header that SignedHeaders name over and over": byHeaders((text) => ({
    ...V4,
    "x-amz-meta-a": text,
    authorization: authorization(`${NAMES}${";x-amz-meta-a".repeat(5000)}`, "0"),
  })),
  "a header that SignedHeaders name in all cases": byHeaders((text) => ({
    ...V4,
    "x-amz-meta-abcdefghijkl": text,
    authorization: authorization(`${NAMES};${casesOf("x-amz-meta-", "abcdefghijkl")}`, "0"),
  })),
  "an x-amz-date": byHeaders((text) => ({
    ...V4,
    "x-amz-date": text,
    authorization: authorization(NAMES, "0"),
  })),
  "an x-amz-content-sha256": byHeaders((text) => ({
    ...V4,
    "x-amz-content-sha256": text,
    authorization: authorization(NAMES, "0"),
  })),
  "an x-amz-trailer": byHeaders((text) => ({
    ...V4,
    "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    "x-amz-decoded-content-length": "0",
    "x-amz-trailer": text,
    authorization: authorization(`${NAMES};x-amz-decoded-content-length;x-amz-trailer`, "0"),
  })),
  "a header that SigV4 signs": byHeaders((text) => ({
    ...V4,
    "x-amz-meta-a": text,
    authorization: authorization(`${NAMES};x-amz-meta-a`, "0"),
  })),
  "what a proxy may have changed": (text) =>
    authenticate(
      s3Request({
        target: `/bucket/%41+${encodeURIComponent(text.slice(0, 1000))}`,
        headers: {
          ...V4,
          "accept-encoding": "br, gzip",
          "x-amz-meta-a": `a, ${text}`,
          authorization: authorization(`accept-encoding;${NAMES};x-amz-meta-a`, "0"),
        },
      }),
    ),
  "a header that SigV2 signs": byHeaders((text) => ({
    ...V2,
    "x-amz-meta-a": text,
    authorization: `AWS ${ACCESS_KEY_ID}:0`,
  })),
  "a query": byRawQuery({}),
  "a query that SigV4 signs": byRawQuery(PRESIGNED_V4),
  "a query that SigV2 signs": byRawQuery({ ...PRESIGNED_V2, acl: "" }),
  "an X-Amz-Credential": byQuery(PRESIGNED_V4, "X-Amz-Credential"),
  "an X-Amz-Date": byQuery(PRESIGNED_V4, "X-Amz-Date"),
  "an X-Amz-Expires": byQuery(PRESIGNED_V4, "X-Amz-Expires"),
  "an X-Amz-SignedHeaders": byQuery(PRESIGNED_V4, "X-Amz-SignedHeaders"),
  "an Expires of SigV2": byQuery(PRESIGNED_V2, "Expires"),
  "an override that SigV2 signs": byQuery(PRESIGNED_V2, "response-content-disposition"),
  "a parameter that SigV2 signs": byQuery(PRESIGNED_V2, "versionId"),
  "a metadata parameter of SigV2": byQuery(PRESIGNED_V2, "x-amz-meta-a"),
  "the size of a chunk": byChunks([], (text) => text),
  "the extension of a chunk": byChunks([], (text) => `0;${text}\r\n`),
  "a trailer": byChunks(["a"], (text) => `0\r\n${text}\r\n`),
};

test.for(Object.entries(REQUESTS))(
  "60,000 hostile characters as %s take milliseconds",
  ([_name, prepare]) => expectLinear(prepare, ASCII_TEXTS),
);

test("4,000 headers, and SignedHeaders that name them all, take milliseconds", () => {
  const names = Array.from({ length: 4000 }, (_, at) => `x-amz-meta-${at}`);
  const headers = {
    ...V4,
    ...Object.fromEntries(names.map((name) => [name, ""])),
    authorization: authorization([NAMES, ...names].join(";"), "0"),
  };
  expectLinear(() => authenticate(s3Request({ headers })), [""]);
});

// The local server takes heads of half a MiB.
test("40,000 names of signed headers, which a proxy may have changed, take milliseconds", () => {
  const names = Array.from({ length: 40_000 }, (_, at) => `a${at}`);
  const headers = {
    ...V4,
    "accept-encoding": "br",
    "x-amz-meta-a": "1, 2",
    authorization: authorization(
      ["accept-encoding", NAMES, "x-amz-meta-a", ...names].join(";"),
      "0",
    ),
  };
  expectLinear(() => authenticate(s3Request({ target: "/bucket/%41+", headers })), [""]);
});

test("a URL of 3,000 headers that were sent as well takes milliseconds", () => {
  const names = Array.from({ length: 3000 }, (_, at) => `x-amz-${at}`);
  const query = new URLSearchParams(names.map((name) => [name, ""]));
  const target = `/bucket/key?X-Amz-Signature=0&X-Amz-SignedHeaders=${names.join(";")}&${query.toString()}`;
  const request = s3Request({ target, headers: names.map((name) => [name, ""]) });
  expectLinear(() => () => withHoistedHeaders(request), [""]);
});

test("8,000 empty lines before 20,000 trailers take milliseconds", () => {
  const names = Array.from({ length: 20_000 }, (_, at) => `t${at}`);
  expectLinear(
    byChunks(names, () => `0\r\n${"\n".repeat(8000)}`),
    [""],
  );
});

function casesOf(prefix: string, letters: string): string {
  const names = Array.from({ length: 2 ** letters.length }, (_, bits) =>
    Array.from(letters, (letter, at) => ((bits >> at) & 1 ? letter.toUpperCase() : letter)).join(
      "",
    ),
  );
  return names.map((name) => prefix + name).join(";");
}
