// A signature is verified over text that anybody may send: on the local server a head may have half a MiB; AWS takes 8 KB.

/**
 * In UTF-16 units. A longer request is verified only as it came, not with the changes that a proxy may have made: 36 spellings
 * took 200 ms (measured 2026-11).
 */
export const MAX_SPELLED_LENGTH = 64 * 1024;

/** What the refusal tells of each text that was to be signed, in UTF-16 units. */
export const MAX_TOLD_LENGTH = 8 * 1024;
