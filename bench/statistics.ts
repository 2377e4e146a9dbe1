/** The median, and in parentheses the least and the greatest. */
export function spread(ratios: readonly number[]): string {
  if (ratios.some(Number.isNaN)) return "-";
  const figure = (value: number): string => value.toFixed(2);
  const range = `${figure(Math.min(...ratios))}–${figure(Math.max(...ratios))}`;
  return `${figure(median(ratios))} (${range})`;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** The value that so much of them, 0 to 1, do not exceed. NaN of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
}
