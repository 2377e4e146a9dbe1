/** The median, and in parentheses the least and the greatest. */
export function spread(ratios: readonly number[]): string {
  if (ratios.some(Number.isNaN)) return "-";
  const figure = (value: number): string => value.toFixed(2);
  const range = `${figure(Math.min(...ratios))}–${figure(Math.max(...ratios))}`;
  return `${figure(median(ratios))} (${range})`;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
