/** @param rows one more than the page has, if there is one */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  positionOf: (row: Row) => string,
  itemOf: (row: Row) => Item,
): { items: Item[]; next: string | undefined } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const next = rows.length > limit && last !== undefined ? positionOf(last) : undefined;
  return { items: shown.map(itemOf), next };
}
