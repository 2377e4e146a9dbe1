import type { MetricFamily } from "../../lib/prometheus.ts";
import type { FigureSource } from "../../storage/ports/shard-figures.ts";
import { askShards } from "./ask-shards.ts";
import { shardFamilies } from "./shard-metrics.ts";

/** Nobody asks more often than this what all shards are to be asked for. */
const MAX_AGE_MS = 30_000;

/** The metrics of shards, asked for at most every 30 seconds. Only answers are kept: what one request waits for, another must not. */
export class ShardGauges {
  readonly #source: FigureSource;
  #kept:
    | {
        readonly prefix: string;
        readonly askedMs: number;
        readonly families: readonly MetricFamily[];
      }
    | undefined;

  constructor(source: FigureSource) {
    this.#source = source;
  }

  /** @param prefix of the names of the buckets */
  async families(prefix: string, nowMs: number): Promise<readonly MetricFamily[]> {
    const kept = this.#kept;
    const ageMs = nowMs - (kept?.askedMs ?? 0);
    if (kept?.prefix === prefix && ageMs >= 0 && ageMs < MAX_AGE_MS) return kept.families;
    const { told, failed, isMore } = await askShards(this.#source, prefix);
    const families = [
      ...shardFamilies(told),
      gauge("ledge_scrape_shards", "Shards that told their figures.", told.length),
      gauge("ledge_scrape_shards_failed", "Shards that were asked, and failed.", failed),
      gauge(
        "ledge_scrape_is_partial",
        "1: there are more shards than one scrape asks; scrape by ?prefix= instead.",
        Number(isMore),
      ),
    ];
    this.#kept = { prefix, askedMs: nowMs, families };
    return families;
  }
}

function gauge(name: string, help: string, value: number): MetricFamily {
  return { name, help, type: "gauge", samples: [{ labels: {}, value }] };
}
