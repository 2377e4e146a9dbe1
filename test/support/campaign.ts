/** Whether all is tried, and not what `npm test` has time for. */
export const IS_CAMPAIGN = import.meta.env.MODE === "campaign";

/**
 * How long a test at random runs: a little in each `npm test`, and at full length in `npm run campaign`, which is for
 * whoever changes what it tests.
 */
export function atRandom(counts: { readonly test: number; readonly campaign: number }): number {
  return IS_CAMPAIGN ? counts.campaign : counts.test;
}
