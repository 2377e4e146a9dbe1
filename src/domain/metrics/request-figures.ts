import type { EdgeResult } from "../edge/public-lane.ts";
import type { MetricFamily, Sample } from "../../lib/prometheus.ts";

/** What is known of a request once its answer's last byte is out. */
export interface RequestFigure {
  /** AWS's name; undefined when the request named no operation. */
  readonly operation: string | undefined;
  readonly status: number;
  /** The error code, when the answer is one. */
  readonly code: string | undefined;
  /** From the request's head to the beginning of its answer. */
  readonly durationMs: number;
  /** Of a read that the cache of a public lane may answer. */
  readonly edge?: EdgeResult | undefined;
  readonly receivedBytes: number;
  readonly sentBytes: number;
}

/** Upper bounds in seconds; a read of a small object takes a fifth of a millisecond on the local server. */
const BOUNDS_SECONDS: readonly number[] = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];
/** In the unit of what is recorded, so that a request is not divided. */
const BOUNDS_MS = BOUNDS_SECONDS.map((seconds) => 1000 * seconds);

/** Of a request that named no operation. */
const NO_OPERATION = "none";

interface OperationFigures {
  readonly statuses: Map<number, number>;
  readonly codes: Map<string, number>;
  /** How many requests took so long, by the bound; the last is of those beyond all. */
  readonly durations: number[];
  durationMs: number;
}

/**
 * What the requests of one server were, since it was started. Names, statuses, and codes are Ledge's own, and few: what a client
 * may choose is no label, or anybody could fill the memory.
 */
export class RequestFigures {
  readonly #operations = new Map<string, OperationFigures>();
  readonly #edgeResults = new Map<EdgeResult, number>();
  #receivedBytes = 0;
  #sentBytes = 0;

  record(request: RequestFigure): void {
    const { operation = NO_OPERATION, status, code, durationMs, edge } = request;
    let figures = this.#operations.get(operation);
    if (figures === undefined) this.#operations.set(operation, (figures = noFigures()));
    figures.statuses.set(status, (figures.statuses.get(status) ?? 0) + 1);
    if (code !== undefined) figures.codes.set(code, (figures.codes.get(code) ?? 0) + 1);
    if (edge !== undefined) this.#edgeResults.set(edge, (this.#edgeResults.get(edge) ?? 0) + 1);
    let at = 0;
    while (durationMs > (BOUNDS_MS[at] ?? Infinity)) at += 1;
    figures.durations[at] = (figures.durations[at] ?? 0) + 1;
    figures.durationMs += durationMs;
    this.#receivedBytes += request.receivedBytes;
    this.#sentBytes += request.sentBytes;
  }

  families(): readonly MetricFamily[] {
    return [
      {
        name: "ledge_s3_requests_total",
        help: "Requests that were answered.",
        type: "counter",
        samples: this.#samples(({ statuses }) => countsOf("status", statuses)),
      },
      {
        name: "ledge_s3_request_duration_seconds",
        help: "From the request's head to the beginning of its answer.",
        type: "histogram",
        samples: this.#samples(histogramOf),
      },
      {
        name: "ledge_s3_errors_total",
        help: "Requests that were answered with an error, by its code.",
        type: "counter",
        samples: this.#samples(({ codes }) => countsOf("code", codes)),
      },
      {
        name: "ledge_s3_bytes_received_total",
        help: "Bytes of requests' bodies.",
        type: "counter",
        samples: [{ labels: {}, value: this.#receivedBytes }],
      },
      {
        name: "ledge_s3_bytes_sent_total",
        help: "Bytes of answers' bodies.",
        type: "counter",
        samples: [{ labels: {}, value: this.#sentBytes }],
      },
      {
        name: "ledge_edge_cache_total",
        help: "Reads that the cache of a public lane was asked for, by what became of them.",
        type: "counter",
        samples: countsOf("result", this.#edgeResults),
      },
    ];
  }

  #samples(samplesOf: (figures: OperationFigures) => readonly Sample[]): readonly Sample[] {
    return [...this.#operations].flatMap(([operation, figures]) =>
      samplesOf(figures).map((sample) => ({
        ...sample,
        labels: { operation, ...sample.labels },
      })),
    );
  }
}

function noFigures(): OperationFigures {
  return {
    statuses: new Map(),
    codes: new Map(),
    durations: Array.from({ length: BOUNDS_MS.length + 1 }, () => 0),
    durationMs: 0,
  };
}

function countsOf(label: string, counts: ReadonlyMap<number | string, number>): readonly Sample[] {
  return [...counts].map(([key, value]) => ({ labels: { [label]: String(key) }, value }));
}

/** Each bucket has what the ones before have, too. */
function histogramOf({ durations, durationMs }: OperationFigures): readonly Sample[] {
  let count = 0;
  const buckets = durations.map((length, at): Sample => {
    count += length;
    const labels = { le: String(BOUNDS_SECONDS[at] ?? "+Inf") };
    return { labels, value: count, suffix: "_bucket" };
  });
  return [
    ...buckets,
    { labels: {}, value: durationMs / 1000, suffix: "_sum" },
    { labels: {}, value: count, suffix: "_count" },
  ];
}
