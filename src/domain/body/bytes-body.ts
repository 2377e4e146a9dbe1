import type { IncomingBody } from "./incoming-body.ts";

/** A body that is at hand. */
export function bytesBody(bytes: Uint8Array): IncomingBody {
  return {
    sizeBytes: bytes.byteLength,
    native: undefined,
    async *chunks() {
      yield bytes;
    },
    trailers: () => new Map(),
  };
}
