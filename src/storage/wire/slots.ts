const encoder = new TextEncoder();

/** Stored data depend on it, as on the hash: neither can ever change. */
const SLOTS = 4096;

/**
 * Which slot of a bucket a key lies in: FNV-1a of its UTF-8 bytes, mixed as in MurmurHash3 so that the remainder depends on every
 * bit.
 */
function slotOfKey(key: string): number {
  let hash = 0x811c9dc5;
  for (const byte of encoder.encode(key)) hash = Math.imul(hash ^ byte, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) % SLOTS;
}

/** Which shard of a bucket has a key's slot. @param shardCount a power of two, 256 at most */
export function shardOfKey(key: string, shardCount: number): number {
  return shardCount === 1 ? 0 : slotOfKey(key) % shardCount;
}
