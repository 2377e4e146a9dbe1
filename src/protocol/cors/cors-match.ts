import type { CorsConfiguration, CorsRule } from "./cors-configuration.ts";

/** What a browser asks for, in a preflight or with the request itself. */
export interface CorsQuestion {
  readonly origin: string;
  readonly method: string;
  /** In small letters. */
  readonly headers: readonly string[];
}

/** A bucket's rules, made ready to be asked. */
export type CorsRules = readonly CompiledRule[];

interface CompiledRule {
  readonly rule: CorsRule;
  readonly allowsOrigin: (origin: string) => string | undefined;
  readonly allowsHeader: (name: string) => boolean;
}

/** A preflight of a page names a dozen at most. More are not looked at, as each may have to be compared with each pattern. */
const MAX_REQUESTED_HEADERS = 200;

export function compileCors({ CORSRule: rules }: CorsConfiguration): CorsRules {
  return rules.map((rule) => {
    const headers = rule.AllowedHeader.map((name) => name.toLowerCase());
    return {
      rule,
      allowsOrigin: (origin) => rule.AllowedOrigin.find((pattern) => matches(pattern, origin)),
      allowsHeader: (name) => headers.some((pattern) => matches(pattern, name)),
    };
  });
}

/** One `*` stands for any text, or none. */
function matches(pattern: string, text: string): boolean {
  const star = pattern.indexOf("*");
  if (star === -1) return text === pattern;
  const suffix = pattern.slice(star + 1);
  return (
    text.length >= pattern.length - 1 &&
    text.startsWith(pattern.slice(0, star)) &&
    text.endsWith(suffix)
  );
}

/**
 * What a request asks; undefined: it comes from no page. Like AWS, what a preflight says of the request that is to follow counts
 * with any method.
 *
 * Source: recorded from AWS by `test_cors_match_methods` and `test_cors_match_headers` in
 * https://github.com/localstack/localstack/blob/main/tests/aws/services/s3/test_s3_cors.py
 */
export function corsQuestion(headers: Headers, method: string): CorsQuestion | undefined {
  const origin = headers.get("origin");
  if (origin === null) return undefined;
  const requested = headers.get("access-control-request-headers") ?? "";
  const names = requested.split(",").map((name) => name.trim().toLowerCase());
  return {
    origin,
    method: headers.get("access-control-request-method") ?? method,
    headers: names.filter((name) => name !== ""),
  };
}

/**
 * The headers by which a browser lets a page have an answer, by the first rule that allows the origin, the method, and all
 * headers; undefined: no rule does.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html#cors-eval-criteria
 */
export function corsHeaders(
  rules: CorsRules,
  question: CorsQuestion,
): Readonly<Record<string, string>> | undefined {
  const { origin, method, headers } = question;
  if (origin === "" || headers.length > MAX_REQUESTED_HEADERS) return undefined;
  for (const { rule, allowsOrigin, allowsHeader } of rules) {
    if (!rule.AllowedMethod.includes(method)) continue;
    const allowed = allowsOrigin(origin);
    if (allowed === undefined || !headers.every(allowsHeader)) continue;
    return headersOf(rule, question, allowed === "*");
  }
  return undefined;
}

function headersOf(
  { AllowedMethod, ExposeHeader, MaxAgeSeconds }: CorsRule,
  { origin, headers }: CorsQuestion,
  isForEverybody: boolean,
): Readonly<Record<string, string>> {
  return {
    "access-control-allow-origin": isForEverybody ? "*" : origin,
    "access-control-allow-methods": AllowedMethod.join(", "),
    ...(!isForEverybody && { "access-control-allow-credentials": "true" }),
    ...(headers.length > 0 && { "access-control-allow-headers": headers.join(", ") }),
    ...(ExposeHeader.length > 0 && { "access-control-expose-headers": ExposeHeader.join(", ") }),
    ...(MaxAgeSeconds !== undefined && { "access-control-max-age": String(MaxAgeSeconds) }),
    vary: "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
  };
}
