import { invalidArgument } from "./errors.ts";

const MAX_ID_LENGTH = 255;
const ID_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const ID_LENGTH = 24;

/**
 * The ids of a configuration's rules, those that were given and new ones for the others.
 *
 * @throws S3Error InvalidArgument: one is too long, or there twice
 */
export function rulesWithIds<Rule extends { readonly ID?: string | undefined }>(
  rules: readonly Rule[],
): readonly (Rule & { readonly ID: string })[] {
  const ids = new Set<string>();
  return rules.map((rule) => {
    const ID = rule.ID === undefined || rule.ID === "" ? newId() : rule.ID;
    if (ID.length > MAX_ID_LENGTH)
      throw invalidArgument(
        `ID length should not exceed allowed limit of ${MAX_ID_LENGTH}`,
        "ID",
        ID,
      );
    if (ids.has(ID))
      throw invalidArgument(
        "Rule ID must be unique. Found same ID for more than one rule",
        "ID",
        ID,
      );
    ids.add(ID);
    return { ...rule, ID };
  });
}

/** 62 letters of 256 values are not equally likely, and need not be. */
function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(ID_LENGTH));
  return Array.from(bytes, (byte) => ID_LETTERS[byte % ID_LETTERS.length]).join("");
}
