import { invalidArgument } from "../../protocol/errors.ts";
import type { S3Request } from "../../protocol/s3-request.ts";
import { SUBRESOURCES } from "../../protocol/subresources.ts";
import { pathSpellingsV2 } from "./as-signed.ts";
import { SIGNED_PARAMETERS } from "./v2-parameters.ts";

const SELECTORS: ReadonlySet<string> = new Set(SUBRESOURCES);

/** The last lines of a string to sign, and the request that they mean. */
export interface ResourceSpelling {
  readonly resource: string;
  readonly request: S3Request;
}

/**
 * The path with its bucket and the parameters that select something, in the spellings that clients sign: a path as it
 * came or with its escapes normalized, `/bucket` or `/bucket/`, `?acl` or `?acl=`.
 *
 * @throws S3Error InvalidArgument for parameters that are signed like others
 */
export function resourceSpellings(request: S3Request): readonly ResourceSpelling[] {
  const { rawPath, query, isVirtualHosted, bucket = "", key } = request;
  const prefix = isVirtualHosted ? `/${bucket}` : "";
  const paths = [...pathSpellingsV2(request, prefix)];
  if (bucket !== "" && key === undefined && !rawPath.endsWith("/"))
    paths.push({ path: `${prefix}${rawPath}/`, request });
  const queries = query.size === 0 ? [""] : signedQueries(query);
  return queries.flatMap((query) =>
    paths.map(({ path, request }) => ({ resource: path + query, request })),
  );
}

function signedQueries(query: URLSearchParams): string[] {
  const parameters = [...query]
    .filter(([name]) => SIGNED_PARAMETERS.has(name))
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  if (parameters.length === 0) return [""];
  refuseAmbiguous(parameters);
  return ["", "="].map((empty) => {
    const spelled = parameters.map(([name, value]) =>
      value === "" ? name + empty : `${name}=${value}`,
    );
    return `?${spelled.join("&")}`;
  });
}

/**
 * Values are signed decoded. So an `&` in one would let one parameter look like two, and whoever holds a URL for
 * UploadPart could call PutObject with it. Only an override may have an `&` by right (a file name), where no signed
 * parameter begins behind it.
 *
 * The other way round, two parameters are signed like an override that holds `&tagging`: whoever may choose the name that
 * a file is offered under could have its URL signed, and read the tags with it. No operation that a parameter selects has
 * overrides, so the two together are refused as well.
 */
function refuseAmbiguous(parameters: readonly (readonly [name: string, value: string])[]): void {
  const hasSelector = parameters.some(([name]) => SELECTORS.has(name));
  for (const [name, value] of parameters) {
    const isOverride = name.startsWith("response-");
    if (isOverride ? hasSelector || holdsParameter(value) : value.includes("&"))
      throw invalidArgument(
        "This parameter may be signed like another request's in Signature Version 2. Please use Signature Version 4.",
        name,
        value,
      );
  }
}

function holdsParameter(value: string): boolean {
  if (!value.includes("&")) return false;
  return [...value.matchAll(/&([^&=]*)/g)].some(([, name = ""]) => SIGNED_PARAMETERS.has(name));
}
