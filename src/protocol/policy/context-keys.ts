import type { PolicyDocument } from "./document.ts";

/** What stands between `${` and `}`, without a default. */
const VARIABLE = /\$\{\s*([^}',]+)/g;
/** `${*}`, `${?}`, and `${$}` are these characters. */
const ESCAPES = new Set(["*", "?", "$"]);

/**
 * The condition keys that a policy asks for, in its conditions and as variables, as they are written, each once.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetContextKeysForCustomPolicy.html
 */
export function contextKeysOf({ statements }: PolicyDocument): readonly string[] {
  const keys = statements.flatMap(({ resource, conditions }) => [
    ...conditions.map(({ key }) => key),
    ...[resource?.values ?? [], ...conditions.map(({ values }) => values)]
      .flat()
      .flatMap(variablesOf),
  ]);
  const known = new Map(keys.map((key) => [key.toLowerCase(), key]));
  return Array.from(known.values()).toSorted();
}

function variablesOf(text: string): readonly string[] {
  return Array.from(text.matchAll(VARIABLE), ([, key = ""]) => key.trim()).filter(
    (key) => !ESCAPES.has(key),
  );
}
