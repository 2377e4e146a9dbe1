import { invalidArgument, type S3Error } from "../protocol/errors.ts";
import { type Subresource, SUBRESOURCES } from "../protocol/subresources.ts";

export type Method = "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
export type Level = "service" | "bucket" | "object";

/** Subresources whose GET lists without this parameter, and gets one with it. */
const ITEM_PARAMETERS = {
  analytics: "id",
  annotation: "annotationName",
  "intelligent-tiering": "id",
  inventory: "id",
  metrics: "id",
} as const satisfies Partial<Record<Subresource, string>>;

type Listed = keyof typeof ITEM_PARAMETERS;
type Item = { [Name in Listed]: `${Name}&${(typeof ITEM_PARAMETERS)[Name]}` }[Listed];

/**
 * What selects an operation, in one string: `"GET bucket?cors"`, `"GET bucket?analytics&id"`, `"GET bucket?list-type=2"`,
 * `"PUT object?uploadId copy"` (`x-amz-copy-source`), `"POST bucket form"` (`multipart/form-data`).
 */
export type RouteKey =
  | `${Method} ${Level}${"" | `?${Subresource}`}`
  | `GET ${Level}?${Item}`
  | "GET bucket?events"
  | "GET bucket?list-type=2"
  | "POST bucket form"
  | "PUT object copy"
  | "PUT object?uploadId copy";

/**
 * The key of a request; one that no `RouteKey` spells is a request that names nothing.
 *
 * @throws S3Error InvalidArgument for two subresources at once, or a part number without an upload
 */
export function routeKey(
  method: string,
  level: Level,
  query: URLSearchParams,
  headers: Headers,
): string {
  const plain = `${method} ${level}`;
  // Most object requests end here: no query, so nothing to look for.
  const selected = query.size === 0 ? undefined : selectedSubresource(query);
  if (method === "GET") return plain + getSuffix(level, query, selected);
  if (method === "PUT" && level === "object") return plain + putSuffix(query, headers, selected);
  if (selected !== undefined) return `${plain}?${selected}`;
  if (method === "POST" && level === "bucket" && isForm(headers)) return `${plain} form`;
  return plain;
}

const SELECTORS: ReadonlySet<string> = new Set(SUBRESOURCES);
const ITEMS: ReadonlyMap<string, string> = new Map(Object.entries(ITEM_PARAMETERS));

/** Unknown names never select: clients add their own (`x-id=GetObject`), and S3 ignores them. */
function selectedSubresource(query: URLSearchParams): string | undefined {
  let selected: string | undefined;
  for (const name of query.keys()) {
    if (name === selected || !SELECTORS.has(name)) continue;
    if (selected !== undefined) throw conflict(selected, name);
    selected = name;
  }
  return selected;
}

function conflict(a: string, b: string): S3Error {
  const [first, second] = a < b ? [a, b] : [b, a];
  const message = `Conflicting query string parameters: ${first}, ${second}`;
  return invalidArgument(message, "ResourceType", first);
}

function getSuffix(level: Level, query: URLSearchParams, selected: string | undefined): string {
  // With any other list-type, or none, it is ListObjects.
  if (selected === undefined) return level === "bucket" ? listingSuffix(query) : "";
  const parameter = ITEMS.get(selected);
  // AWS takes an empty id for none.
  const isItem = parameter !== undefined && (query.get(parameter) ?? "") !== "";
  return isItem ? `?${selected}&${parameter}` : `?${selected}`;
}

function listingSuffix(query: URLSearchParams): string {
  if (query.get("list-type") === "2") return "?list-type=2";
  // MinIO's, to which it is no subresource.
  return query.has("events") ? "?events" : "";
}

function putSuffix(query: URLSearchParams, headers: Headers, selected: string | undefined): string {
  // A client that loses the upload id must not overwrite the whole object with one part.
  if (selected === undefined && query.has("partNumber"))
    throw invalidArgument(
      "This operation does not accept partNumber without uploadId",
      "partNumber",
      "partNumber",
    );
  if (selected !== undefined && selected !== "uploadId") return `?${selected}`;
  const copy = headers.has("x-amz-copy-source") ? " copy" : "";
  return selected === undefined ? copy : `?uploadId${copy}`;
}

function isForm(headers: Headers): boolean {
  return headers.get("content-type")?.toLowerCase().startsWith("multipart/form-data") ?? false;
}
