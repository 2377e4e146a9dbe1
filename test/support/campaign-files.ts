/**
 * Suites of `test/black-box` that run under `wrangler dev` in a campaign only: `npm test` runs them on both runtimes of `ledge serve`, of which
 * one is the runtime that wrangler starts, and each restart of wrangler takes seconds.
 */
export const SLOW_UNDER_WRANGLER = ["faults", "https", "sdk-keys", "sdk-multipart"];

/** With four shards it runs in a campaign only: `npm test` counts with one. */
export const REQUEST_COST = "test/storage/request-cost.test.ts";
