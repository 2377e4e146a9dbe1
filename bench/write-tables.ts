import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import path from "node:path";
import { renderTable, type Table } from "./report.ts";
import { projectFolder } from "./server.ts";

const DOCUMENT = path.join(projectFolder, "docs", "performance.md");

/**
 * Puts tables between `<!-- PLACE:begin -->` and `<!-- PLACE:end -->` of `docs/performance.md`, in place of the last ones. What
 * has no place there is not written.
 */
export function writeTables(place: string, tables: readonly Table[]): void {
  const text = readFileSync(DOCUMENT, "utf8");
  const [start, end] = [`<!-- ${place}:begin -->`, `<!-- ${place}:end -->`];
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from === -1 || to === -1) return;
  const { model = "unknown" } = cpus()[0] ?? {};
  const day = new Date().toISOString().slice(0, 10);
  const about = `Measured ${day}, on ${cpus().length} cores (${model.trim()}).`;
  const rendered = tables.map((table) => renderTable(table, "markdown"));
  const section = [start, "", about, "", ...rendered].join("\n");
  writeFileSync(DOCUMENT, `${text.slice(0, from)}${section}\n${text.slice(to)}`);
}
