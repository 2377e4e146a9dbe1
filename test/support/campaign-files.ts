/**
 * Suites of `test/black-box` that run under `wrangler dev` in a campaign only, since each restart of wrangler takes seconds: `npm test` runs
 * them with `ledge serve`, and all but `https` on workerd, too.
 */
export const SLOW_UNDER_WRANGLER = ["faults", "https", "sdk-keys", "sdk-multipart"];

/** With four shards it runs in a campaign only: `npm test` counts with one. */
export const REQUEST_COST = "test/storage/request-cost.test.ts";
