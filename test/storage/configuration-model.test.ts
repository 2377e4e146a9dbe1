import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { atRandom } from "../support/campaign.ts";
import { ConfigurationSequence } from "../support/configuration-sequence.ts";
import { coldShards } from "../support/gateways.ts";

/** With each kind of shards. */
const SEQUENCES = atRandom({ test: 3, campaign: 500 });
const STEPS = 40;

beforeEach(() => {
  // Gateways that die say so.
  for (const method of ["error", "warn", "log"] as const)
    vi.spyOn(console, method).mockImplementation(() => undefined);
});

afterEach(() => {
  vi.restoreAllMocks();
});

test.for([
  { shards: "that stay", bindings: undefined },
  { shards: "that start anew for each call", bindings: coldShards },
])(
  `every request is decided under the configuration that was answered last, or a later one: shards $shards, ${SEQUENCES} sequences of ${STEPS} steps`,
  { timeout: 600_000 },
  async ({ bindings }) => {
    for (let seed = 0; seed < SEQUENCES; seed += 1) {
      const sequence = new ConfigurationSequence(seed, bindings);
      expect(await sequence.run(STEPS), `seed ${seed}`).toEqual([]);
    }
  },
);
