import { analyse } from "scslre";

// A rule for oxlint. Most patterns of this code meet text that strangers send, before anybody knows who they are: each
// has to be linear in it. The linters that oxlint has built in do not look for that.

interface Node {
  readonly type: string;
}

interface Literal extends Node {
  /** Only of a regular expression. */
  readonly regex?: { readonly pattern: string; readonly flags: string };
}

interface Call extends Node {
  readonly callee: { readonly name?: string };
}

interface Context {
  report(problem: { readonly node: Node; readonly message: string }): void;
}

/** The texts, as patterns, whose length may be squared; none when there are none. */
export function superLinearTexts(pattern: string, flags: string): string[] {
  const { reports } = analyse({ source: pattern, flags });
  return reports.map(({ character }) => `/${character.literal.source}/`);
}

function create(context: Context) {
  const refuseUnchecked = (node: Call): void => {
    if (node.callee.name === "RegExp")
      context.report({ node, message: "Write the pattern as a literal, so that it is checked." });
  };
  return {
    Literal(node: Literal): void {
      if (node.regex === undefined) return;
      for (const text of superLinearTexts(node.regex.pattern, node.regex.flags))
        context.report({ node, message: `Takes more than linear time for many of ${text}.` });
    },
    NewExpression: refuseUnchecked,
    CallExpression: refuseUnchecked,
  };
}

export const linearPatterns = { create };
