import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { xxHash, type XxHashName } from "../../lib/xxhash/xxhash.ts";
import type { ChecksumAlgorithm } from "../../protocol/checksums.ts";

/** One running checksum. `update` returns at once where the platform hashes synchronously. */
export interface Digester {
  update(chunk: Uint8Array): void | Promise<void>;
  /** Ends it; the bytes are those that `x-amz-checksum-*` carries in base64. */
  digest(): Promise<Uint8Array>;
}

/**
 * CRCs and hashes by the platform's own code, as far as it has them. node:crypto and node:zlib are synchronous, which is
 * cheaper for each chunk than a stream; what they lack, `crypto.DigestStream` has (crc32c, crc64nvme: in workerd's source
 * since 2025-01, absent from the documentation).
 */
const DIGESTERS: Readonly<Record<ChecksumAlgorithm, () => Digester>> = {
  CRC32: crc32Digester,
  CRC32C: () => streamDigester("crc32c"),
  CRC64NVME: () => streamDigester("crc64nvme"),
  MD5: () => hashDigester("md5"),
  SHA1: () => hashDigester("sha1"),
  SHA256: () => hashDigester("sha256"),
  SHA512: () => hashDigester("sha512"),
  XXHASH64: () => xxDigester("XXHASH64"),
  XXHASH3: () => xxDigester("XXHASH3"),
  XXHASH128: () => xxDigester("XXHASH128"),
};

export function digester(algorithm: ChecksumAlgorithm): Digester {
  return DIGESTERS[algorithm]();
}

function crc32Digester(): Digester {
  let value = 0;
  return {
    update(chunk) {
      value = crc32(chunk, value);
    },
    async digest() {
      const bytes = new Uint8Array(4);
      new DataView(bytes.buffer).setUint32(0, value);
      return bytes;
    },
  };
}

function hashDigester(name: string): Digester {
  const hash = createHash(name);
  return {
    update(chunk) {
      hash.update(chunk);
    },
    async digest() {
      return hash.digest();
    },
  };
}

function xxDigester(name: XxHashName): Digester {
  const hash = xxHash(name);
  return {
    update(chunk) {
      hash.update(chunk);
    },
    async digest() {
      return hash.digest();
    },
  };
}

function streamDigester(name: string): Digester {
  const stream = new crypto.DigestStream(name);
  const writer = stream.getWriter();
  return {
    update: (chunk) => writer.write(chunk),
    async digest() {
      await writer.close();
      return new Uint8Array(await stream.digest);
    },
  };
}
