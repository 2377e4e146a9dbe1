import { expect } from "vitest";
import { expectSameBytes } from "./bytes.ts";
import { signedFetch } from "./client.ts";
import { customerKey } from "./customer-key.ts";

type Headers = Readonly<Record<string, string>>;

/** A way in which an object can be encrypted. */
export interface Mode {
  readonly name: string;
  /** Of what makes it. */
  readonly headers: Headers;
  /** Of what reads it. */
  readonly readHeaders: Headers;
  /** Of what copies it. */
  readonly sourceHeaders: Headers;
  /** What answers tell. */
  readonly told: Headers;
  readonly hasMd5Etag: boolean;
}

const METHOD = "x-amz-server-side-encryption";

function mode(name: string, algorithm: string | undefined, hasMd5Etag: boolean): Mode {
  const told: Headers = algorithm === undefined ? {} : { [METHOD]: algorithm };
  return { name, headers: told, readHeaders: {}, sourceHeaders: {}, told, hasMd5Etag };
}

function customers(name: string): Mode {
  const { headers, sourceHeaders, md5 } = customerKey();
  const told = { [`${METHOD}-customer-algorithm`]: "AES256", [`${METHOD}-customer-key-md5`]: md5 };
  return { name, headers, readHeaders: headers, sourceHeaders, told, hasMd5Etag: false };
}

/** All that there are; `C` twice, with keys of their own. */
export const MODES: readonly Mode[] = [
  mode("plain", undefined, true),
  mode("S3", "AES256", true),
  mode("KMS", "aws:kms", false),
  mode("DSSE", "aws:kms:dsse", false),
  customers("C"),
  customers("another C"),
];

export function expectTold(response: Response, { told }: Mode): void {
  for (const [name, value] of Object.entries(told)) expect(response.headers.get(name)).toBe(value);
  if (Object.keys(told).length === 0) expect(response.headers.has(METHOD)).toBe(false);
}

/** Reads an object, and runs of bytes of it, and expects them to be these. */
export async function expectBytes(
  path: string,
  mode: Mode,
  bytes: Uint8Array,
  ranges: readonly (readonly [first: number, last: number])[] = [],
): Promise<void> {
  const whole = await signedFetch("GET", path, { headers: mode.readHeaders });
  expect(whole.status).toBe(200);
  expectTold(whole, mode);
  expectSameBytes(await whole.arrayBuffer(), bytes);
  for (const [first, last] of ranges) {
    const headers = { ...mode.readHeaders, range: `bytes=${first}-${last}` };
    const part = await signedFetch("GET", path, { headers });
    expect(part.status).toBe(206);
    expectSameBytes(await part.arrayBuffer(), bytes.subarray(first, last + 1));
  }
}
