import { createHash } from "node:crypto";
import { expect } from "vitest";
import { type GatewayContext, sendStrongly } from "./edge-cache.ts";

/** Of one answer what is another one's each time, and what only a cache says. */
const OF_ONE = ["x-amz-request-id", "x-amz-id-2", "date", "x-cache", "age"];

/** In XML and in HTML. */
const IDS = /(RequestId|HostId)(>|: )[^<]*/g;

interface Told {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What an answer tells. */
export async function told(response: Response): Promise<Told> {
  const headers = Object.fromEntries(response.headers);
  for (const name of OF_ONE) delete headers[name];
  const bytes = new Uint8Array(await response.arrayBuffer());
  const isDocument = bytes.length < 2000;
  const body = isDocument
    ? Buffer.from(bytes).toString().replace(IDS, "")
    : createHash("md5").update(bytes).digest("hex");
  return { status: response.status, headers, body };
}

/** What a gateway answers by the cache, on a miss and on a hit, is what it answers without it. @returns that */
export async function expectAlike(cache: GatewayContext, make: () => Request): Promise<Told> {
  const strong = await told(await sendStrongly(make()));
  for (let i = 0; i < 2; i += 1) expect(await told(await cache.send(make()))).toEqual(strong);
  await cache.settle();
  return strong;
}

/** Whether the cache says that it had the answer. */
export async function xCacheOf(cache: GatewayContext, request: Request): Promise<string | null> {
  const response = await cache.send(request);
  await response.arrayBuffer();
  await cache.settle();
  return response.headers.get("x-cache");
}
