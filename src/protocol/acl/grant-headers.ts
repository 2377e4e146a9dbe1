import { invalidArgument } from "../errors.ts";
import type { Permission } from "./acl.ts";
import type { RequestedGrant, RequestedGrantee } from "./requested-grants.ts";

/** In the order in which AWS lists what they grant. */
const HEADERS: readonly (readonly [name: string, permission: Permission])[] = [
  ["x-amz-grant-read", "READ"],
  ["x-amz-grant-write", "WRITE"],
  ["x-amz-grant-read-acp", "READ_ACP"],
  ["x-amz-grant-write-acp", "WRITE_ACP"],
  ["x-amz-grant-full-control", "FULL_CONTROL"],
];

const BY: ReadonlyMap<string, RequestedGrantee["by"]> = new Map([
  ["id", "id"],
  ["uri", "uri"],
  ["emailaddress", "email"],
]);

/** The names of those that a request has; they are condition keys of policies as well. */
export function grantHeaders(headers: Headers): readonly string[] {
  return HEADERS.filter(([name]) => headers.has(name)).map(([name]) => name);
}

/**
 * `x-amz-grant-read: id="…", uri=http://…, emailAddress="…"` and its like: grantees, each in quotes or not.
 *
 * @returns undefined when there is none of these headers
 * @throws S3Error InvalidArgument (`Argument format not recognized`)
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectAcl.html
 */
export function parseGrantHeaders(headers: Headers): readonly RequestedGrant[] | undefined {
  const present = HEADERS.filter(([name]) => headers.has(name));
  if (present.length === 0) return undefined;
  return present.flatMap(([name, permission]) =>
    (headers.get(name) ?? "")
      .split(",")
      .map((text) => ({ grantee: parseGrantee(text.trim(), name), permission })),
  );
}

function parseGrantee(text: string, header: string): RequestedGrantee {
  const equals = text.indexOf("=");
  const argument = text.slice(0, Math.max(equals, 0)).trim();
  const by = BY.get(argument.toLowerCase());
  const name = unquoted(text.slice(equals + 1).trim());
  if (by === undefined || name === "")
    throw invalidArgument("Argument format not recognized", header, text);
  return { by, name, argument };
}

function unquoted(text: string): string {
  const isQuoted = text.length > 1 && text.startsWith('"') && text.endsWith('"');
  return isQuoted ? text.slice(1, -1) : text;
}
