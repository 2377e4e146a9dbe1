import { type MetricFamily, PROMETHEUS_TYPE, prometheusText } from "../../lib/prometheus.ts";
import type { Ports } from "../ports.ts";
import { VERSION } from "../../version.ts";

export const BUILD: MetricFamily = {
  name: "ledge_build_info",
  help: "Which version this is.",
  type: "gauge",
  samples: [{ labels: { version: VERSION }, value: 1 }],
};

/**
 * All metrics, in Prometheus's text: of shards, and of requests where one process answers them all.
 *
 * @param prefix of the names of the buckets that are asked
 */
export async function metricsDocument(
  { requestFigures, shardGauges }: Pick<Ports, "requestFigures" | "shardGauges">,
  prefix: string,
): Promise<Response> {
  const gauges = await shardGauges.families(prefix, Date.now());
  const text = prometheusText([BUILD, ...(requestFigures?.families() ?? []), ...gauges]);
  return new Response(text, {
    headers: {
      "cache-control": "no-store",
      "content-type": PROMETHEUS_TYPE,
      "content-length": String(Buffer.byteLength(text)),
    },
  });
}
