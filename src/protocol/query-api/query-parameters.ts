/** What parameters say of one name, `Tags.member.1`: a text, members such as `Key`, or both. */
export interface QueryNode {
  readonly text?: string;
  /** Undefined: it has none. */
  readonly members?: ReadonlyMap<string, QueryNode>;
}

interface Growing {
  text?: string;
  members?: Map<string, Growing>;
}

/** More than any request of the two APIs has room for: a list of 50 tags has a hundred. */
const MAX_PARAMETERS = 10_000;
/** `Tags.member.1.Key` is of 4 levels, and none is deeper. */
const MAX_LEVELS = 6;

/**
 * Reads form-encoded parameters as a tree: `Tags.member.1.Key=a` is the text `a` of the member `Key` of `1` of `member` of
 * `Tags`. Of several with one name the first counts; what is nested too deep for any is left out.
 *
 * @param texts form-encoded each; those of the first go first
 * @returns undefined: they are too many
 */
export function parseQueryParameters(texts: readonly string[]): QueryNode | undefined {
  const root: Growing = {};
  for (const text of texts) {
    if (countOf("&", text) >= MAX_PARAMETERS) return undefined;
    for (const [name, value] of new URLSearchParams(text)) {
      const levels = name.split(".", MAX_LEVELS + 1);
      if (levels.length <= MAX_LEVELS) nodeAt(root, levels).text ??= value;
    }
  }
  return root;
}

function nodeAt(root: Growing, levels: readonly string[]): Growing {
  let node = root;
  for (const level of levels) {
    node.members ??= new Map();
    let next = node.members.get(level);
    if (next === undefined) node.members.set(level, (next = {}));
    node = next;
  }
  return node;
}

function countOf(character: string, text: string): number {
  let count = 0;
  for (let at = text.indexOf(character); at >= 0; at = text.indexOf(character, at + 1)) count += 1;
  return count;
}

/** The elements of a list, `X.member.1`, `X.member.2` and so on, in the order of their numbers. */
export function listMembers(node: QueryNode): readonly QueryNode[] {
  const members = [...(node.members?.get("member")?.members ?? [])];
  return members
    .filter(([number]) => /^\d{1,9}$/.test(number))
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, member]) => member);
}
