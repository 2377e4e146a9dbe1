// What a signature covers is what anybody sends: on the local server a head may have half a MiB, while AWS takes 8 KB.

/** Longer than that, in UTF-16 units, a request is tried as it came only: 36 spellings took 200 ms (measured 2026-11). */
export const MAX_SPELLED_LENGTH = 64 * 1024;

/** What the refusal tells of each text that was to be signed, in UTF-16 units. */
export const MAX_TOLD_LENGTH = 8 * 1024;
