import { type Infer, integer, many, object, optional, some, text } from "../../lib/xml-shape.ts";
import { S3Error } from "../errors.ts";

const METHODS: ReadonlySet<string> = new Set(["DELETE", "GET", "HEAD", "POST", "PUT"]);
const MAX_RULES = 100;
const MAX_ID_LENGTH = 255;

const CorsRule = object({
  ID: optional(text),
  AllowedOrigin: some(text),
  // Any text: an unknown method is told by its name.
  AllowedMethod: some(text),
  AllowedHeader: many(text),
  MaxAgeSeconds: optional(integer),
  ExposeHeader: many(text),
});

export const CorsConfiguration = object({ CORSRule: some(CorsRule, MAX_RULES) });

export type CorsConfiguration = Infer<typeof CorsConfiguration>;
export type CorsRule = Infer<typeof CorsRule>;

/**
 * What the document's shape does not say.
 *
 * @throws S3Error InvalidRequest, InvalidArgument (an id that is too long), MalformedXML (a negative age)
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html
 */
export function checkCors({ CORSRule: rules }: CorsConfiguration): void {
  for (const rule of rules) checkRule(rule);
}

function checkRule(rule: CorsRule): void {
  const { ID = "", MaxAgeSeconds = 0 } = rule;
  if (ID.length > MAX_ID_LENGTH)
    throw new S3Error("InvalidArgument", {
      message: `ID length should not exceed allowed limit of ${MAX_ID_LENGTH}`,
    });
  const unsupported = rule.AllowedMethod.find((method) => !METHODS.has(method));
  if (unsupported !== undefined)
    throw invalid(
      `Found unsupported HTTP method in CORS config. Unsupported method is ${unsupported}`,
    );
  checkWildcards("AllowedOrigin", rule.AllowedOrigin);
  checkWildcards("AllowedHeader", rule.AllowedHeader);
  const exposed = rule.ExposeHeader.find((name) => name.includes("*"));
  if (exposed !== undefined)
    throw invalid(
      `ExposeHeader "${exposed}" contains wildcard. We currently do not support wildcard for ExposeHeader.`,
    );
  if (MaxAgeSeconds < 0) throw new S3Error("MalformedXML");
}

function checkWildcards(element: string, patterns: readonly string[]): void {
  const wild = patterns.find((pattern) => pattern.indexOf("*") !== pattern.lastIndexOf("*"));
  if (wild !== undefined)
    throw invalid(`${element} "${wild}" can not have more than one wildcard.`);
}

function invalid(message: string): S3Error {
  return new S3Error("InvalidRequest", { message });
}
