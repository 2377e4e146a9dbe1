import { env } from "cloudflare:workers";

const SHARDS = Number(env.INDEX_SHARDS);

/** The rows of a Markdown table without its head: the first cell, then the others. */
export function readTable(markdown: string): Map<string, readonly string[]> {
  const [, , ...lines] = markdown.split("\n").filter((line) => line.startsWith("|"));
  const rows = lines.map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  return new Map(rows.map(([name = "", ...cells]) => [name, cells]));
}

/** A sum of products of numbers, S and N: `6 S + 1`. */
export function evaluate(cell: string, count: number): number {
  const valueOf = (factor: string): number =>
    factor === "S" ? SHARDS : factor === "N" ? count : Number(factor);
  return cell
    .split("+")
    .map((term) =>
      term
        .trim()
        .split(" ")
        .reduce((product, factor) => product * valueOf(factor), 1),
    )
    .reduce((sum, term) => sum + term, 0);
}
