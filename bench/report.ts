/** One line of a table. */
export interface Measurement {
  readonly name: string;
  readonly figures: Readonly<Record<string, string | number>>;
  /** As people read it; undefined: nothing is promised. */
  readonly target: string | undefined;
  readonly isMet: boolean | undefined;
}

export interface Table {
  readonly title: string;
  readonly measurements: readonly Measurement[];
}

/** How a table is printed. */
export type Format = "text" | "markdown";

/** Columns as wide as their contents, numbers to the right. */
export function renderTable({ title, measurements }: Table, format: Format): string {
  const hasTargets = measurements.some(({ target }) => target !== undefined);
  const columns = [
    ...["", ...Object.keys(measurements[0]?.figures ?? {})],
    ...(hasTargets ? ["target", ""] : []),
  ];
  const rows = measurements.map(({ name, figures, target, isMet }) => [
    name,
    ...Object.values(figures).map(String),
    ...(hasTargets ? [target ?? "", verdict(isMet)] : []),
  ]);
  const widths = columns.map((column, i) =>
    Math.max(3, column.length, ...rows.map((row) => row[i]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string => {
    const padded = cells.map((cell, i) =>
      i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0),
    );
    return format === "markdown" ? `| ${padded.join(" | ")} |` : padded.join("  ").trimEnd();
  };
  const rule = widths.map((width, i) =>
    i === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`,
  );
  const head =
    format === "markdown"
      ? [`### ${title}`, "", line(columns), line(rule)]
      : [title, line(columns)];
  return [...head, ...rows.map(line), ""].join("\n");
}

function verdict(isMet: boolean | undefined): string {
  if (isMet === undefined) return "";
  return isMet ? "met" : "MISSED";
}
