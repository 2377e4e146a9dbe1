import { FRESH_BUCKET } from "../src/operations/bucket-config/fresh-bucket.ts";
import { NOT_IMPLEMENTED } from "../src/operations/not-implemented.ts";
import { ROUTES } from "../src/operations/registry.ts";
import { type Level, routeKey } from "../src/operations/route-key.ts";

/** What the documents need of one operation of AWS's service model. */
export interface ModelOperation {
  readonly name: string;
  readonly tier: string;
  readonly method: string;
  /** e.g. `/{Bucket}/{Key+}?tagging` */
  readonly uri: string;
  /** Member names, e.g. `UploadId`. */
  readonly required: readonly string[];
  /** Wire names, e.g. `uploadId`. */
  readonly query: readonly string[];
}

type State = "works" | "fresh bucket" | "501";

interface Row {
  readonly name: string;
  readonly tier: string;
  readonly request: string;
  readonly state: State;
}

const TIERS = { T1: "Every client needs", T2: "Expected of a server", T3: "Rare, or AWS's own" };

const STATES: readonly State[] = ["works", "fresh bucket", "501"];

const LEGEND = `- **fresh bucket**: answers as a bucket in which nobody has configured this; it cannot be configured yet
- **501**: is refused as NotImplemented, by its name`;

/** Operations whose request AWS has since given another name. */
export const SUCCESSORS: Readonly<Record<string, string>> = {
  GetBucketLifecycle: "GetBucketLifecycleConfiguration",
  GetBucketNotification: "GetBucketNotificationConfiguration",
  PutBucketLifecycle: "PutBucketLifecycleConfiguration",
  PutBucketNotification: "PutBucketNotificationConfiguration",
};

const DIRECTORY_BUCKETS = "of directory buckets; every bucket here has their appends and renames";
const METADATA_TABLES = "Iceberg tables with a catalogue of their own are another product";
/** Why an operation is not built, by AWS's name. */
export const REASONS: Readonly<Record<string, string>> = {
  CreateBucketMetadataConfiguration: METADATA_TABLES,
  CreateBucketMetadataTableConfiguration: METADATA_TABLES,
  CreateSession: DIRECTORY_BUCKETS,
  DeleteBucketMetadataConfiguration: METADATA_TABLES,
  DeleteBucketMetadataTableConfiguration: METADATA_TABLES,
  GetObjectTorrent: "AWS has withdrawn it",
  ListDirectoryBuckets: DIRECTORY_BUCKETS,
  SelectObjectContent:
    "AWS has closed it to new customers, and a query engine does not fit into a Worker",
  UpdateBucketMetadataAnnotationTableConfiguration: METADATA_TABLES,
  UpdateBucketMetadataInventoryTableConfiguration: METADATA_TABLES,
  UpdateBucketMetadataJournalTableConfiguration: METADATA_TABLES,
  WriteGetObjectResponse: "of Lambda functions that stand before a bucket",
};

/** What a reader should know of an operation beyond its state. */
const NOTES: Readonly<Record<string, string>> = {
  PutBucketAccelerateConfiguration: "kept and told, without effect: every request goes by the edge",
  PutBucketAnalyticsConfiguration: "kept and told; nothing is analysed",
  PutBucketIntelligentTieringConfiguration: "kept and told; objects of that class are read as any",
  PutBucketMetricsConfiguration: "kept and told; nothing is counted apart",
  GetBucketMetadataTableConfiguration: "MetadataConfigurationNotFound, as its successor",
  PostObject: "a browser's form upload: [how to make one](post-uploads.md)",
  Preflight: "a browser's CORS request, by the bucket's CORS configuration",
  RenameObject: "in every bucket, not in directory buckets only",
  ...Object.fromEntries(
    Object.entries(SUCCESSORS).map(([name, successor]) => [name, `the older name of ${successor}`]),
  ),
};

/** What clients send beside the operations of the model. */
const UNMODELLED: readonly Row[] = [
  {
    name: "PostObject",
    tier: "T1",
    request: "POST /{bucket} (multipart/form-data)",
    state: stateOf("POST bucket form"),
  },
  { name: "Preflight", tier: "T1", request: "OPTIONS /{bucket}/{key}", state: "works" },
];

/** The routing key of the least request that a client can send for an operation. */
export function modelRoute({ name, method, uri, required, query }: ModelOperation): string {
  const { path, parameters } = leastRequest(uri, required, query);
  if (!path.includes("{") && path !== "/") return `${method} ${path}`;
  // The one operation that AWS tells from another by its host.
  if (name === "ListDirectoryBuckets") parameters.append("max-directory-buckets", "");
  const level: Level = path === "/" ? "service" : path.includes("{Key") ? "object" : "bucket";
  const headers = new Headers(
    required.includes("CopySource") ? { "x-amz-copy-source": "b/k" } : {},
  );
  return routeKey(method, level, parameters, headers);
}

/** The path template and the parameters of the least request that a client can send for an operation. */
export function leastRequest(uri: string, required: readonly string[], query: readonly string[]) {
  const [path = "", search] = uri.split("?");
  const parameters = new URLSearchParams(search);
  const names = new Set(required.map((member) => member.toLowerCase()));
  for (const name of query) if (names.has(name.toLowerCase())) parameters.append(name, "1");
  return { path, parameters };
}

function rows(model: readonly ModelOperation[]): readonly Row[] {
  const modelled = model.map((operation) => ({
    name: operation.name,
    tier: operation.tier,
    request: requestLine(operation),
    state: stateOf(modelRoute(operation)),
  }));
  return [...modelled, ...UNMODELLED].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function requestLine({ method, uri, required, query }: ModelOperation): string {
  const { path, parameters } = leastRequest(uri, required, query);
  const names = [...parameters].map(([name, value]) => (value === "2" ? `${name}=2` : name));
  const target = path.replace("{Bucket}", "{bucket}").replace("{Key+}", "{key}");
  const copy = required.includes("CopySource") ? " (x-amz-copy-source)" : "";
  return `${method} ${target}${names.length === 0 ? "" : `?${names.join("&")}`}${copy}`;
}

function stateOf(key: string): State {
  if (key in NOT_IMPLEMENTED) return "501";
  if (!(key in ROUTES)) throw new Error(`no route for ${key}`);
  return key in FRESH_BUCKET ? "fresh bucket" : "works";
}

/** docs/operations.md. */
export function operationsPage(model: readonly ModelOperation[]): string {
  const all = rows(model);
  const sections = Object.entries(TIERS).map(([tier, title]) => {
    const listed = all
      .filter((row) => row.tier === tier)
      .map(({ name, request, state }) => {
        const note = NOTES[name] ?? (state === "501" ? REASONS[name] : undefined);
        return [name, `\`${request}\``, state, note ?? ""];
      });
    return `## ${title} (${listed.length})\n\n${table(["Operation", "Request", "State", "Note"], listed)}`;
  });
  return `# S3 operations

Written by \`npm run docs\` from the routing table; do not edit.

The ${model.length} operations of the S3 API (2006-03-01), and what browsers send beside them.

${LEGEND}

A request that names no operation is never taken for another one: it is MethodNotAllowed.

${sections.join("\n")}`;
}

/** What README.md says of the operations, between its two markers. */
export function readmeSection(model: readonly ModelOperation[]): string {
  const all = rows(model);
  const counts = Object.entries(TIERS).map(([tier, title]) => [
    title,
    ...STATES.map((state) =>
      String(all.filter((row) => row.tier === tier && row.state === state).length),
    ),
  ]);
  const working = all.filter(({ state }) => state === "works").map(({ name }) => name);
  return `${table(["Operations", ...STATES], counts)}
Works: ${working.join(", ")}.

${LEGEND}

[All operations](docs/operations.md).
`;
}

const BEGIN = "<!-- operations:begin -->";
const END = "<!-- operations:end -->";

/** @throws Error when the markers are not there */
export function replaceSection(readme: string, section: string): string {
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END);
  if (begin === -1 || end < begin) throw new Error(`README.md lacks ${BEGIN} … ${END}`);
  return `${readme.slice(0, begin)}${BEGIN}\n\n${section}\n${readme.slice(end)}`;
}

/** A Markdown table, its columns padded as the formatter pads them. */
export function table(head: readonly string[], body: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(3, title.length, ...body.map((row) => (row[column] ?? "").length)),
  );
  const line = (cells: readonly string[], filler: string) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0, filler)).join(" | ")} |\n`;
  const rule = line(
    head.map(() => ""),
    "-",
  );
  return line(head, " ") + rule + body.map((row) => line(row, " ")).join("");
}
