import { createHash } from "node:crypto";
import { xxHash, type XxHashName } from "../../src/lib/xxhash/xxhash.ts";

/** Base64, as in `x-amz-checksum-<algorithm>`; the name in lower case. Computed by the platform where it can. */
export async function checksumOf(algorithm: string, bytes: Uint8Array): Promise<string> {
  if (algorithm.startsWith("xxhash")) {
    const hash = xxHash(algorithm.toUpperCase() as XxHashName);
    hash.update(bytes);
    return Buffer.from(hash.digest()).toString("base64");
  }
  if (!algorithm.startsWith("crc")) return createHash(algorithm).update(bytes).digest("base64");
  const stream = new crypto.DigestStream(algorithm);
  const writer = stream.getWriter();
  await writer.write(bytes);
  await writer.close();
  return Buffer.from(await stream.digest).toString("base64");
}
