// A rule for oxlint. A migration adds its column at a table's end, so that an INSERT which goes by the order of the
// columns may put a value into another one than was meant, and fails only if their number differs. So it names them.

interface Text {
  readonly value?: unknown;
}

interface Template {
  readonly quasis: readonly { readonly value: { readonly raw: string } }[];
}

interface Context {
  report(problem: { readonly node: object; readonly message: string }): void;
}

const UNNAMED = /INSERT(?: OR REPLACE)? INTO \w+\s+(?:VALUES|SELECT)/;

function create(context: Context) {
  const look = (node: object, text: unknown): void => {
    if (typeof text === "string" && UNNAMED.test(text))
      context.report({ node, message: "Name the columns: INSERT INTO table (column, …)." });
  };
  return {
    Literal: (node: Text): void => look(node, node.value),
    TemplateLiteral: (node: Template): void =>
      look(node, node.quasis.map(({ value }) => value.raw).join("_")),
  };
}

export const namedColumns = { create };
