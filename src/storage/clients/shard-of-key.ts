const encoder = new TextEncoder();

/**
 * Which shard of a bucket a key lives in: FNV-1a of its UTF-8 bytes, mixed as in MurmurHash3 so that the remainder
 * depends on every bit. Stored data depends on it: it can never change.
 */
export function shardOfKey(key: string, shardCount: number): number {
  if (shardCount === 1) return 0;
  let hash = 0x811c9dc5;
  for (const byte of encoder.encode(key)) hash = Math.imul(hash ^ byte, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) % shardCount;
}
