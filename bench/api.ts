import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { type RawSigner, UNSIGNED_PAYLOAD } from "../test/support/raw-signer.ts";
import type { Call } from "./connection.ts";

const TRAILER_CHUNK_BYTES = 64 * 1024;

/** What SDKs do with a body: leave it unsigned, sign its SHA-256, or send a checksum after it. */
export type Payload = "unsigned" | "signed" | "trailer";

/** How a server is asked for what a case does. Calls are signed when they are made, not when they are sent. */
export interface Api {
  makeBucket(): Promise<readonly Call[]>;
  /** A key may be empty: then the bucket is meant. */
  call(method: string, key: string, query?: Readonly<Record<string, string>>): Promise<Call>;
  put(key: string, body: Buffer, payload?: Payload): Promise<Call>;
  /** A page of the first 1,000 keys, or of the folders in a folder. */
  list(folder?: string): Promise<Call>;
}

/** S3, in one bucket. */
export function s3Api(signer: RawSigner, bucket: string): Api {
  const pathOf = (key: string): string => (key === "" ? `/${bucket}` : `/${bucket}/${key}`);
  async function call(method: string, key: string, query = {}): Promise<Call> {
    return { method, path: await signer.presign(method, pathOf(key), query) };
  }
  return {
    call,
    makeBucket: async () => [await call("PUT", "")],
    async put(key, body, payload = "unsigned") {
      if (payload === "unsigned") return { ...(await call("PUT", key)), body };
      const path = pathOf(key);
      if (payload === "signed") {
        const hash = createHash("sha256").update(body).digest("hex");
        return { method: "PUT", path, headers: await signer.sign("PUT", path, hash), body };
      }
      const headers = await signer.sign("PUT", path, "STREAMING-UNSIGNED-PAYLOAD-TRAILER", {
        "content-encoding": "aws-chunked",
        "x-amz-decoded-content-length": String(body.byteLength),
        "x-amz-trailer": "x-amz-checksum-crc32",
      });
      return { method: "PUT", path, headers, body: withCrc32Trailer(body) };
    },
    list: (folder) =>
      call("GET", "", {
        "list-type": "2",
        ...(folder !== undefined && { prefix: folder, delimiter: "/" }),
      }),
  };
}

/** The bare Worker's and the bare server's, which want no signature and know no buckets. */
export const BARE_API: Api = {
  makeBucket: async () => [],
  call: async (method, key) => ({ method, path: `/${key}` }),
  put: async (key, body) => ({ method: "PUT", path: `/${key}`, body }),
  list: async () => ({ method: "GET", path: "/?list" }),
};

/** With a signature in its headers, which holds for 15 minutes. */
export async function signedCall(
  signer: RawSigner,
  method: string,
  target: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Call> {
  return {
    method,
    path: target,
    headers: await signer.sign(method, target, UNSIGNED_PAYLOAD, headers),
  };
}

/** `aws-chunked` framing as SDKs send it by default over HTTPS: unsigned chunks, then the checksum. */
function withCrc32Trailer(body: Buffer): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at < body.byteLength; at += TRAILER_CHUNK_BYTES) {
    const chunk = body.subarray(at, at + TRAILER_CHUNK_BYTES);
    pieces.push(Buffer.from(`${chunk.byteLength.toString(16)}\r\n`), chunk, Buffer.from("\r\n"));
  }
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(body));
  const trailer = `0\r\nx-amz-checksum-crc32:${checksum.toString("base64")}\r\n\r\n`;
  return Buffer.concat([...pieces, Buffer.from(trailer)]);
}
