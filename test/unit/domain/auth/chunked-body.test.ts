import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { chunkSigner } from "../../../../src/domain/auth/chunk-signer.ts";
import { ChunkedDecoder } from "../../../../src/domain/auth/chunked-body.ts";
import type { Payload } from "../../../../src/domain/auth/payload.ts";
import { sign, signingKey } from "../../../../src/domain/auth/signing-key.ts";
import { authenticated, authorization, errorOf, s3Request, SECRET } from "./requests.ts";

type Chunked = Extract<Payload, { kind: "chunked" }>;

const CRC32 = "x-amz-checksum-crc32";
const KIB = 1024;

function unsigned(decodedLengthBytes: number, trailerNames: readonly string[] = []): Chunked {
  return { kind: "chunked", signer: undefined, trailerNames, decodedLengthBytes };
}

/** Feeds a framed body in the pieces that end at `cuts`. */
function decode(payload: Chunked, body: string, cuts: readonly number[] = []) {
  const bytes = Buffer.from(body, "latin1");
  const decoder = new ChunkedDecoder(payload);
  let text = "";
  const ends = [...cuts, bytes.length];
  for (const [at, end] of ends.entries()) {
    const piece = Uint8Array.from(bytes.subarray(ends[at - 1] ?? 0, end));
    text += Buffer.from(decoder.decode(piece)).toString("latin1");
  }
  return { text, trailers: Object.fromEntries(decoder.finish()) };
}

const codeOf = (payload: Chunked, body: string) => errorOf(() => decode(payload, body)).code;

// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html and sigv4-streaming-trailers.html
const EXAMPLE = "a".repeat(65 * KIB);
const NAMES =
  "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class";
const TRAILER_NAMES = `${NAMES.replace("content-length;", "")};x-amz-trailer`;

function examplePayload(claim: string, names: string, seed: string): Chunked {
  const scope = "20130524/us-east-1/s3/aws4_request";
  const headers = {
    host: "s3.amazonaws.com",
    "x-amz-date": "20130524T000000Z",
    "x-amz-storage-class": "REDUCED_REDUNDANCY",
    authorization: authorization(names, seed, scope),
    "x-amz-content-sha256": claim,
    "content-encoding": "aws-chunked",
    "x-amz-decoded-content-length": "66560",
    "content-length": "66824",
    ...(names.includes("x-amz-trailer") && { "x-amz-trailer": "x-amz-checksum-crc32c" }),
  };
  const target = "/examplebucket/chunkObject.txt";
  const request = s3Request({ method: "PUT", target, headers });
  const { payload } = authenticated(request, Date.UTC(2013, 4, 24));
  if (payload.kind !== "chunked") throw new Error("the example is framed");
  return payload;
}

const signedExample = () =>
  examplePayload(
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    NAMES,
    "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
  );
const SIGNED_BODY =
  `10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n${"a".repeat(64 * KIB)}\r\n` +
  `400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n${"a".repeat(KIB)}\r\n` +
  "0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n";

const trailerExample = () =>
  examplePayload(
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
    TRAILER_NAMES,
    "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
  );
const BEFORE_TRAILER =
  `10000;chunk-signature=b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2\r\n${"a".repeat(64 * KIB)}\r\n` +
  `400;chunk-signature=1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7\r\n${"a".repeat(KIB)}\r\n` +
  "0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n";
const TRAILER = "x-amz-checksum-crc32c:sOO8/Q==";
const TRAILER_SIGNATURE =
  "x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435";
const CRC32C = { "x-amz-checksum-crc32c": "sOO8/Q==" };

test("AWS's example of signed chunks decodes, and its signatures are valid", () => {
  expect(SIGNED_BODY).toHaveLength(66_824);
  expect(decode(signedExample(), SIGNED_BODY)).toEqual({ text: EXAMPLE, trailers: {} });
});

test.for([
  { because: "as AWS shows them", end: `${TRAILER}\r\n${TRAILER_SIGNATURE}\r\n\r\n` },
  { because: "without a blank line", end: `${TRAILER}\r\n${TRAILER_SIGNATURE}\r\n` },
  { because: "after a blank line", end: `\r\n${TRAILER}\r\n${TRAILER_SIGNATURE}\r\n\r\n` },
  { because: "as minio-go has them", end: `${TRAILER}\n\r\n${TRAILER_SIGNATURE}\r\n\r\n` },
  {
    because: "with spaces and capitals",
    end: `X-Amz-Checksum-Crc32c: sOO8/Q==\r\n${TRAILER_SIGNATURE.replace("x-amz", "X-Amz")}\r\n\r\n`,
  },
])("AWS's example of a signed trailer decodes, $because", ({ end }) => {
  const expected = { text: EXAMPLE, trailers: CRC32C };
  expect(decode(trailerExample(), BEFORE_TRAILER + end)).toEqual(expected);
});

test.for([
  { because: "its data", change: (body: string) => body.replace("aaa\r\n", "aab\r\n") },
  { because: "its signature", change: (body: string) => body.replace("=ad80c7", "=ad80c8") },
  { because: "a later one's signature", change: (body: string) => body.replace("=0055", "=0056") },
  { because: "the last one's signature", change: (body: string) => body.replace("=b6c6", "=b6c7") },
])("a chunk is SignatureDoesNotMatch with $because changed", ({ change }) => {
  expect(codeOf(signedExample(), change(SIGNED_BODY))).toBe("SignatureDoesNotMatch");
});

test("chunks in another order are SignatureDoesNotMatch", () => {
  const [first = "", second = ""] = SIGNED_BODY.split(/(?=400;)|(?=0;chunk-signature=b6)/);
  const swapped = SIGNED_BODY.replace(first + second, second + first);
  expect(codeOf(signedExample(), swapped)).toBe("SignatureDoesNotMatch");
});

test.for([
  { end: `${TRAILER.replace("sOO8", "sOO9")}\r\n${TRAILER_SIGNATURE}\r\n\r\n`, because: "value" },
  {
    end: `${TRAILER}\r\n${TRAILER_SIGNATURE.replace("d81f", "d81e")}\r\n\r\n`,
    because: "signature",
  },
])("a trailer with its $because changed is SignatureDoesNotMatch", ({ end }) => {
  expect(codeOf(trailerExample(), BEFORE_TRAILER + end)).toBe("SignatureDoesNotMatch");
});

test.for([
  { end: `${TRAILER}\r\n\r\n`, because: "its signature is missing" },
  { end: `${TRAILER_SIGNATURE}\r\n${TRAILER}\r\n\r\n`, because: "its signature comes first" },
  { end: `${TRAILER}\r\n${TRAILER}\r\n\r\n`, because: "it comes twice" },
  { end: `${TRAILER}\r\nx-other:1\r\n\r\n`, because: "another one comes too" },
  { end: "\r\n", because: "it does not come" },
])("a signed trailer is refused when $because", ({ end, because }) => {
  const expected = because.includes("first") ? "SignatureDoesNotMatch" : "MalformedTrailerError";
  expect(codeOf(trailerExample(), BEFORE_TRAILER + end)).toBe(expected);
});

test("nothing follows a trailer's signature", () => {
  const payload = { ...trailerExample(), trailerNames: ["x-amz-checksum-crc32c", "x-other"] };
  const body = `${BEFORE_TRAILER}${TRAILER}\r\n${TRAILER_SIGNATURE}\r\nx-other:1\r\n\r\n`;
  expect(codeOf(payload, body)).toBe("MalformedTrailerError");
});

test("a signed chunk without a signature, or with more than that, is IncompleteBody", () => {
  const payload = { ...unsigned(5), signer: chunkSigner(KEY, seedOf("0")) };
  expect(codeOf(payload, "5\r\nhello\r\n0\r\n\r\n")).toBe("IncompleteBody");
  expect(codeOf(payload, `5;x=1;chunk-signature=${"0".repeat(64)}\r\n`)).toBe("IncompleteBody");
});

test.for([
  { because: "as boto3 sends it", body: `5\r\nhello\r\n0\r\n${CRC32}:NhCmhg==\r\n\r\n` },
  { because: "as minio-go sends it", body: `5\r\nhello\r\n0\r\n${CRC32}:NhCmhg==\n\r\n\r\n` },
  { because: "with bare line feeds", body: `5\r\nhello\r\n0\r\n${CRC32}:NhCmhg==\n\n` },
  { because: "with extensions", body: `5;a=b;c\r\nhello\r\n0;d\r\n${CRC32}:NhCmhg==\r\n\r\n` },
  { because: "in capitals", body: `5\r\nhello\r\n0\r\nX-Amz-Checksum-CRC32 : NhCmhg==\r\n\r\n` },
  { because: "with leading zeros", body: `0005\r\nhello\r\n000\r\n${CRC32}:NhCmhg==\r\n\r\n` },
])("an unsigned body with a trailer decodes, $because", ({ body }) => {
  const expected = { text: "hello", trailers: { [CRC32]: "NhCmhg==" } };
  expect(decode(unsigned(5, [CRC32]), body)).toEqual(expected);
});

test("an empty body is decoded", () => {
  expect(decode(unsigned(0), "0\r\n\r\n")).toEqual({ text: "", trailers: {} });
});

test.for([
  { end: "", names: [] },
  { end: `${CRC32}:NhCmhg==\r\n`, names: [CRC32] },
  { end: `\r\n${CRC32}:NhCmhg==\r\n`, names: [CRC32] },
  { end: `${CRC32}:NhCmhg==\r\n\rX`, names: [CRC32] },
])("an unsigned body whose last line end is missing is IncompleteBody: %o", ({ end, names }) => {
  expect(codeOf(unsigned(5, names), `5\r\nhello\r\n0\r\n${end}`)).toBe("IncompleteBody");
});

test("data beyond the announced length is refused before it comes", () => {
  const decoder = new ChunkedDecoder(unsigned(5));
  expect(errorOf(() => decoder.decode(Uint8Array.from(Buffer.from("6\r\n")))).code).toBe(
    "IncompleteBody",
  );
});

test("data may look like framing", () => {
  const data = "\r\n0\r\n\r\n5\n";
  expect(decode(unsigned(9), `9\r\n${data}\r\n0\r\n\r\n`).text).toBe(data);
});

test.for([
  { body: "", because: "it is empty" },
  { body: "5", because: "it ends in a size" },
  { body: "5\r\nhel", because: "it ends in a chunk" },
  { body: "5\r\nhello", because: "it ends after a chunk's data" },
  { body: "5\r\nhello\r\n", because: "there is no last chunk" },
  { body: "5\r\nhello\r\n0", because: "the last chunk is cut off" },
  { body: "5\nhello\r\n0\r\n\r\n", because: "a size ends in a bare line feed" },
  { body: "x\r\nhello\r\n0\r\n\r\n", because: "a size is no number" },
  { body: "-5\r\nhello\r\n0\r\n\r\n", because: "a size is negative" },
  { body: "5\r\nhello!\r\n0\r\n\r\n", because: "a chunk is longer than its size" },
  { body: "5\r\nhello0\r\n\r\n", because: "a chunk has no line end" },
  { body: "4\r\nhell\r\n0\r\n\r\n", because: "it is shorter than announced" },
  { body: "6\r\nhello!\r\n0\r\n\r\n", because: "it is longer than announced" },
  { body: "ffffffffffffffff\r\nhello", because: "a size is absurd" },
  { body: "5\r\nhello\r\n0\r\n\r\nmore", because: "something follows the end" },
  { body: "5\r\nhello\r\n0\r\n\r\n0\r\n\r\n", because: "another end follows the end" },
  { body: `5;${"x".repeat(2000)}\r\nhello\r\n0\r\n\r\n`, because: "a line has no bound" },
  { body: "5;".padEnd(2000, "x"), because: "a line does not end" },
])("a body is IncompleteBody when $because", ({ body }) => {
  expect(codeOf(unsigned(5), body)).toBe("IncompleteBody");
});

test.for([
  { end: "\r\n", because: "is missing" },
  { end: "x-amz-checksum-sha1:NhCmhg==\r\n\r\n", because: "is another" },
  { end: `${CRC32}:1\r\n${CRC32}:1\r\n\r\n`, because: "comes twice" },
  { end: `${CRC32} NhCmhg==\r\n\r\n`, because: "has no colon" },
  { end: ":NhCmhg==\r\n\r\n", because: "has no name" },
  { end: `${CRC32}:1\r\nx-amz-trailer-signature:00\r\n\r\n`, because: "is signed, unannounced" },
  { end: `${"\r\n".repeat(5000)}${CRC32}:1\r\n\r\n`, because: "has no bound" },
])("a trailer that $because is MalformedTrailerError", ({ end }) => {
  const { code, status, message } = errorOf(() =>
    decode(unsigned(5, [CRC32]), `5\r\nhello\r\n0\r\n${end}`),
  );
  expect({ code, status }).toEqual({ code: "MalformedTrailerError", status: 400 });
  expect(message).toBe(
    "The request contained trailing data that was not well-formed or did not conform to our published schema.",
  );
});

test("a trailer in a mode without trailers is MalformedTrailerError", () => {
  expect(codeOf(unsigned(0), `0\r\n${CRC32}:1\r\n\r\n`)).toBe("MalformedTrailerError");
});

test.for([`${CRC32}:NhC`, `${CRC32}:NhCmhg==`, ""])(
  "a trailer cut off is IncompleteBody",
  (end) => {
    expect(codeOf(unsigned(5, [CRC32]), `5\r\nhello\r\n0\r\n${end}`)).toBe("IncompleteBody");
  },
);

test("only the last chunk may be smaller than 8 KiB", () => {
  const [small, big] = ["a".repeat(8 * KIB - 1), "b".repeat(8 * KIB)];
  const body = `2000\r\n${big}\r\n1fff\r\n${small}\r\n0\r\n\r\n`;
  expect(decode(unsigned(big.length + small.length), body).text).toBe(big + small);
  const error = errorOf(() =>
    decode(unsigned(16 * KIB), `2000\r\n${big}\r\n1fff\r\n${small}\r\n1\r\na\r\n0\r\n\r\n`),
  );
  expect(error.code).toBe("InvalidChunkSizeError");
  expect(error.fields).toEqual({ Chunk: "2", BadChunkSize: "8191" });
});

test("what is decoded is a view at the front of what came in", () => {
  const piece = Uint8Array.from(Buffer.from(`2000\r\n${"a".repeat(8 * KIB)}\r\n2\r\nbc\r\n`));
  const decoded = new ChunkedDecoder(unsigned(8 * KIB + 2)).decode(piece);
  expect(decoded.buffer).toBe(piece.buffer);
  expect(decoded.byteOffset).toBe(0);
  expect(Buffer.from(decoded).toString()).toBe(`${"a".repeat(8 * KIB)}bc`);
});

test("a view into a larger buffer is decoded without touching what is around it", () => {
  const whole = Uint8Array.from(Buffer.from("<<5\r\nhello\r\n0\r\n\r\n>>"));
  const decoder = new ChunkedDecoder(unsigned(5));
  const decoded = decoder.decode(whole.subarray(2, -2));
  expect(Buffer.from(decoded).toString()).toBe("hello");
  expect(decoder.finish().size).toBe(0);
  expect(Buffer.from(whole).toString()).toMatch(/^<<hello.*>>$/s);
});

const KEY = signingKey(SECRET, "20261123", "us-east-1", "s3");
const CHAIN = { amzDate: "20261123T050000Z", scope: "20261123/us-east-1/s3/aws4_request" };

function seedOf(seed: string) {
  return { ...CHAIN, seed };
}

/** Frames chunks as a client would; signatures by the chain that AWS's examples above have proved. */
function frame(chunks: readonly string[], isSigned: boolean, hasTrailer: boolean): string {
  const sha256 = (text: string) => createHash("sha256").update(text, "latin1").digest("hex");
  let previous = "0";
  const signature = (algorithm: string, ...hashes: string[]) => {
    const lines = [algorithm, CHAIN.amzDate, CHAIN.scope, previous, ...hashes];
    previous = sign(KEY, lines.join("\n"));
    return previous;
  };
  let body = "";
  for (const chunk of [...chunks, ""]) {
    const extension = `;chunk-signature=${signature("AWS4-HMAC-SHA256-PAYLOAD", sha256(""), sha256(chunk))}`;
    body += `${chunk.length.toString(16)}${isSigned ? extension : ""}\r\n`;
    body += chunk === "" ? "" : `${chunk}\r\n`;
  }
  if (hasTrailer) body += `${CRC32}:NhCmhg==\r\n`;
  if (hasTrailer && isSigned)
    body += `x-amz-trailer-signature:${signature("AWS4-HMAC-SHA256-TRAILER", sha256(`${CRC32}:NhCmhg==\n`))}\r\n`;
  return `${body}\r\n`;
}

test.for([
  { isSigned: true, hasTrailer: false },
  { isSigned: true, hasTrailer: true },
  { isSigned: false, hasTrailer: true },
  { isSigned: false, hasTrailer: false },
])("however a body is cut up, it decodes the same (%o)", ({ isSigned, hasTrailer }) => {
  let state = 1;
  const random = (below: number) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
  const bytes = (length: number) =>
    Array.from({ length }, () =>
      String.fromCharCode(random(4) === 0 ? 13 - 3 * random(2) : random(256)),
    ).join("");
  for (let round = 0; round < 60; round++) {
    const chunks = Array.from({ length: random(3) }, () => bytes(8 * KIB + random(100)));
    chunks.push(bytes(1 + random(40)));
    const text = chunks.join("");
    const body = frame(chunks, isSigned, hasTrailer);
    const cuts =
      round === 0
        ? Array.from({ length: body.length }, (_, at) => at)
        : Array.from({ length: random(40) }, () => random(body.length)).sort((a, b) => a - b);
    const payload: Chunked = {
      ...unsigned(text.length, hasTrailer ? [CRC32] : []),
      signer: isSigned ? chunkSigner(KEY, seedOf("0")) : undefined,
    };
    const trailers = hasTrailer ? { [CRC32]: "NhCmhg==" } : {};
    const decoded = decode(payload, body, cuts);
    expect(decoded.trailers).toEqual(trailers);
    expect(decoded.text === text, `round ${round}`).toBe(true);
  }
});
