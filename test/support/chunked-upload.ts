import { createHash, createHmac } from "node:crypto";
import { env } from "cloudflare:workers";

/** How an aws-chunked body is signed, and what follows it. */
export interface ChunkedUpload {
  readonly mode:
    | "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
    | "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
    | "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
  readonly chunks: readonly Uint8Array[];
  /** Name and value. */
  readonly trailer?: readonly [string, string];
  readonly headers?: Readonly<Record<string, string>>;
  /** Changes the framed body after it has been signed. */
  readonly tamper?: (framed: Buffer<ArrayBuffer>) => Buffer<ArrayBuffer>;
}

const EMPTY_SHA256 = sha256("");

/**
 * A PutObject or UploadPart whose body is aws-chunked, signed from the specification alone. The path may have a query
 * behind it, in canonical form.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 */
export function chunkedRequest(target: string, upload: ChunkedUpload): Request {
  const [path = "", query = ""] = target.split("?");
  const { mode, chunks, trailer, tamper = (framed) => framed } = upload;
  const amzDate = new Date().toISOString().replace(/[-:]|\.\d{3}/g, "");
  const scope = `${amzDate.slice(0, 8)}/us-east-1/s3/aws4_request`;
  const decodedLength = chunks.reduce((total, chunk) => total + chunk.byteLength, 0);
  const headers: Record<string, string> = {
    host: "127.0.0.1:8787",
    "x-amz-content-sha256": mode,
    "x-amz-date": amzDate,
    "x-amz-decoded-content-length": String(decodedLength),
    ...(trailer !== undefined && { "x-amz-trailer": trailer[0] }),
    ...upload.headers,
  };
  const names = Object.keys(headers).toSorted();
  const canonical = [
    "PUT",
    path,
    query,
    ...names.map((name) => `${name}:${headers[name]}`),
    "",
    names.join(";"),
    mode,
  ].join("\n");
  const key = ["us-east-1", "s3", "aws4_request"].reduce(
    (previous, part) => hmac(previous, part),
    hmac(`AWS4${env.ROOT_SECRET_ACCESS_KEY}`, amzDate.slice(0, 8)),
  );
  const sign = (...lines: string[]): string => hmac(key, lines.join("\n")).toString("hex");
  const seed = sign("AWS4-HMAC-SHA256", amzDate, scope, sha256(canonical));
  const framed = frame(
    upload,
    (algorithm, previous, ...hashes) => sign(algorithm, amzDate, scope, previous, ...hashes),
    seed,
  );
  const body = tamper(framed);
  return new Request(`http://127.0.0.1:8787${target}`, {
    method: "PUT",
    body,
    headers: {
      ...headers,
      "content-length": String(body.byteLength),
      authorization: `AWS4-HMAC-SHA256 Credential=${env.ROOT_ACCESS_KEY_ID}/${scope}, SignedHeaders=${names.join(";")}, Signature=${seed}`,
    },
  });
}

function frame(
  { mode, chunks, trailer }: ChunkedUpload,
  sign: (algorithm: string, previous: string, ...hashes: string[]) => string,
  seed: string,
): Buffer<ArrayBuffer> {
  const isSigned = mode.startsWith("STREAMING-AWS4");
  let previous = seed;
  const pieces: Uint8Array[] = [];
  for (const chunk of [...chunks, new Uint8Array()]) {
    previous = sign("AWS4-HMAC-SHA256-PAYLOAD", previous, EMPTY_SHA256, sha256(chunk));
    const signature = isSigned ? `;chunk-signature=${previous}` : "";
    pieces.push(Buffer.from(`${chunk.byteLength.toString(16)}${signature}\r\n`), chunk);
    if (chunk.byteLength > 0) pieces.push(Buffer.from("\r\n"));
  }
  if (trailer !== undefined) {
    const [name, value] = trailer;
    pieces.push(Buffer.from(`${name}:${value}\r\n`));
    const signature = sign("AWS4-HMAC-SHA256-TRAILER", previous, sha256(`${name}:${value}\n`));
    if (isSigned) pieces.push(Buffer.from(`x-amz-trailer-signature:${signature}\r\n`));
  }
  return Buffer.from(Buffer.concat([...pieces, Buffer.from("\r\n")]));
}

function sha256(bytes: string | Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
