import { expect, test } from "vitest";
import dashboardJson from "../docs/grafana-dashboard.json?raw";
import metricsMd from "../docs/metrics.md?raw";
import operateMd from "../docs/operate.md?raw";
import { BUILD } from "../src/domain/metrics/metrics-document.ts";
import { RequestFigures } from "../src/domain/metrics/request-figures.ts";
import { ShardGauges } from "../src/domain/metrics/shard-gauges.ts";
import { SHARD_METRICS } from "../src/domain/metrics/shard-metrics.ts";
import type { MetricFamily } from "../src/lib/prometheus.ts";

const REQUEST = {
  operation: "GetObject",
  status: 404,
  code: "NoSuchKey",
  durationMs: 1,
  edge: "hit",
} as const;

/** Every family, with a sample of each. */
async function everyFamily(): Promise<readonly MetricFamily[]> {
  const figures = Object.fromEntries(
    Object.entries(SHARD_METRICS).map(([name, { label }]) => [
      name,
      label === undefined ? 1 : { Expiration: 1 },
    ]),
  );
  const gauges = new ShardGauges({
    listBuckets: async () => [{ id: "id", name: "bucket", shardCount: 1 }],
    askShard: async () => figures,
  });
  const requests = new RequestFigures();
  requests.record({ ...REQUEST, receivedBytes: 1, sentBytes: 1 });
  return [BUILD, ...requests.families(), ...(await gauges.families("", 0))];
}

const families = await everyFamily();

test("docs/metrics.md has every metric, with its type and its labels, and no other", () => {
  const rows = metricsMd.matchAll(/^\| `(ledge_\w+)` +\| (\w+) +\| (?:`(.*?)`)? +\|/gm);
  const documented = [...rows].map(([, name, type, labels = ""]) => ({ name, type, labels }));
  const made = families.map(({ name, type, samples }) => {
    const labels = Object.keys(samples[0]?.labels ?? {}).filter((label) => label !== "le");
    return { name, type, labels: labels.join(", ") };
  });
  expect(documented).toEqual(made);
});

/** As far as Grafana's own format goes that the dashboard uses. */
interface Dashboard {
  readonly panels: readonly {
    readonly id: number;
    readonly type: string;
    readonly gridPos: Readonly<Record<"h" | "w" | "x" | "y", number>>;
    readonly targets?: readonly { readonly refId: string; readonly expr: string }[];
  }[];
  readonly templating: { readonly list: readonly { readonly query: unknown }[] };
}

test("the dashboard asks for every metric, for none that there is not, and by labels that it has", () => {
  const { panels, templating } = JSON.parse(dashboardJson) as Dashboard;
  const queries = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
  const labelsOf = new Map(families.map(({ name, samples }) => [name, samples[0]?.labels ?? {}]));
  const asked = new Set<string>();
  for (const query of [...queries, JSON.stringify(templating)])
    for (const [found] of query.matchAll(/ledge_\w+(?:\{[^}]*\})?/g)) {
      const name = found.replace(/\{.*/, "").replace(/_(?:bucket|sum|count)$/, "");
      asked.add(name);
      for (const [, label = ""] of found.matchAll(/(\w+)=~?"/g))
        expect(labelsOf.get(name), query).toHaveProperty(label);
      for (const [, by = ""] of query.matchAll(/by \(([^)]*)\)/g))
        for (const label of by.split(", ")) expect(labelsOf.get(name), query).toHaveProperty(label);
    }
  expect([...asked].sort()).toEqual(families.map(({ name }) => name).sort());
});

test("the dashboard's panels have ids of their own, and do not overlap", () => {
  const { panels } = JSON.parse(dashboardJson) as Dashboard;
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const cells = panels.flatMap(({ gridPos: { h, w, x, y } }) =>
    Array.from({ length: h * w }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
  for (const { type, targets = [] } of panels) expect(targets.length > 0).toBe(type !== "row");
});

test("each alarm's rule in docs/operate.md is a line that Prometheus reads, of metrics that there are", () => {
  const [, yaml = ""] = /```yaml\n(.*?)```/s.exec(operateMd) ?? [];
  const rules = [...yaml.matchAll(/^ +expr: (.*)$/gm)].map(([, expr = ""]) => expr);
  expect(rules.length).toBe(yaml.match(/alert: /g)?.length);
  const names = families.map(({ name }) => name);
  // A comparison of a metric, or of a function of its last hours; formatters have taken brackets for lists of YAML's.
  const term = /(?:\w+\((ledge_\w+)\[\d+[mh]\]\)|(ledge_\w+)) (?:>|==) \d+(?:e\d+)?/;
  for (const rule of rules)
    for (const part of rule.split(" or ")) {
      const [all, windowed, plain] = term.exec(part) ?? [];
      expect(all).toBe(part);
      expect(names).toContain(windowed ?? plain);
    }
});
