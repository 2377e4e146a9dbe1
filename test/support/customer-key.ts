import { createHash, randomBytes } from "node:crypto";

/** A customer's key, as requests bring it. */
export interface TestKey {
  readonly base64: string;
  readonly md5: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Of a copy's source. */
  readonly sourceHeaders: Readonly<Record<string, string>>;
}

export function customerKey(bytes: Uint8Array = randomBytes(32)): TestKey {
  const base64 = Buffer.from(bytes).toString("base64");
  const md5 = createHash("md5").update(bytes).digest("base64");
  const named = (prefix: string): Record<string, string> => ({
    [`${prefix}-customer-algorithm`]: "AES256",
    [`${prefix}-customer-key`]: base64,
    [`${prefix}-customer-key-md5`]: md5,
  });
  return {
    base64,
    md5,
    headers: named("x-amz-server-side-encryption"),
    sourceHeaders: named("x-amz-copy-source-server-side-encryption"),
  };
}
