/** One line of the table. */
export interface Measurement {
  readonly name: string;
  readonly figures: Readonly<Record<string, string | number>>;
  /** As people read it; undefined: nothing is promised. */
  readonly target: string | undefined;
  readonly isMet: boolean | undefined;
}

/** Columns as wide as their contents, numbers to the right. */
export function renderTable(title: string, measurements: readonly Measurement[]): string {
  const columns = ["", ...Object.keys(measurements[0]?.figures ?? {}), "target", ""];
  const rows = measurements.map(({ name, figures, target, isMet }) => [
    name,
    ...Object.values(figures).map(String),
    target ?? "",
    isMet === undefined ? "" : isMet ? "met" : "MISSED",
  ]);
  const widths = columns.map((column, i) =>
    Math.max(column.length, ...rows.map((row) => row[i]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join("  ")
      .trimEnd();
  return [title, line(columns), ...rows.map(line), ""].join("\n");
}
