/** Where something stands in a text, as editors count: from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface Span {
  readonly start: Position;
  /** Behind its last character. */
  readonly end: Position;
}

/** Whole texts, and whatever tells where something begins and ends in JSON. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:]/gs;

/**
 * Where the statements of a policy are, in their order.
 *
 * @param text of a policy that was read
 */
export function statementSpans(text: string): readonly Span[] {
  const spans: Span[] = [];
  const positionOf = positionsOf(text);
  let depth = 0;
  let name = "";
  let isOfStatement = false;
  let opened: { readonly at: Position; readonly depth: number } | undefined;
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (token === "{" || token === "[") {
      // One statement stands by itself, and several in an array.
      if (token === "{" && isOfStatement) opened ??= { at: positionOf(index), depth };
      depth += 1;
    } else if (token === "}" || token === "]") {
      depth -= 1;
      if (depth !== opened?.depth) continue;
      spans.push({ start: opened.at, end: positionOf(index + 1) });
      opened = undefined;
    } else if (token !== ":") name = token;
    else if (depth === 1) isOfStatement = name === '"Statement"';
  }
  return spans;
}

/** Of offsets that rise. */
function positionsOf(text: string): (offset: number) => Position {
  let line = 1;
  let lineStart = 0;
  return (offset) => {
    for (;;) {
      const lineEnd = text.indexOf("\n", lineStart);
      if (lineEnd === -1 || lineEnd >= offset) break;
      line += 1;
      lineStart = lineEnd + 1;
    }
    return { line, column: offset - lineStart + 1 };
  };
}
