// A rule for oxlint. A cursor that is left before its end keeps SQLite from checkpointing its WAL until V8 collects it,
// and its statement from being used again. So cursors are read whole, or are of statements that have no rows.

interface Node {
  readonly type: string;
  readonly parent: Node;
  /** What is called, of a call. */
  readonly callee?: Node;
  /** What is read, of a member. */
  readonly property?: { readonly name?: string };
  /** What is declared, of a declarator. */
  readonly id?: Node;
}

interface Source {
  getText(node: Node | undefined): string;
  getDeclaredVariables(node: Node): readonly {
    readonly references: readonly { readonly identifier: Node; isRead(): boolean }[];
  }[];
}

interface Context {
  readonly sourceCode: Source;
  report(problem: { readonly node: Node; readonly message: string }): void;
}

const READS_WHOLE: ReadonlySet<string | undefined> = new Set(["toArray", "one", "rowsWritten"]);

/** @param cursor an expression of a cursor, or of the iterator that `raw()` makes of one */
function isReadWhole(cursor: Node, source: Source): boolean {
  const { parent } = cursor;
  const name = parent.property?.name;
  switch (parent.type) {
    case "ExpressionStatement":
      return true;
    case "MemberExpression":
      return READS_WHOLE.has(name) || (name === "raw" && isReadWhole(parent.parent, source));
    case "ConditionalExpression":
      return isReadWhole(parent, source);
    case "SpreadElement":
      return parent.parent.type === "ArrayExpression";
    case "CallExpression":
      return source.getText(parent.callee) === "Array.from";
    case "VariableDeclarator":
      return isVariableReadWhole(parent, source);
    default:
      return false;
  }
}

/** `const { rowsWritten } = …` reads no row; of `const rows = …`, every use has to read all of them. */
function isVariableReadWhole(declarator: Node, source: Source): boolean {
  if (declarator.id?.type === "ObjectPattern") return true;
  if (declarator.id?.type !== "Identifier") return false;
  const references = source.getDeclaredVariables(declarator)[0]?.references ?? [];
  const uses = references.filter((reference) => reference.isRead());
  return uses.length > 0 && uses.every(({ identifier }) => isReadWhole(identifier, source));
}

function create(context: Context) {
  return {
    CallExpression(node: Node): void {
      if (node.callee?.property?.name === "exec" && !isReadWhole(node, context.sourceCode))
        context.report({ node, message: "Read the cursor whole: toArray(), one(), [...raw()]." });
    },
  };
}

export const wholeCursors = { create };
