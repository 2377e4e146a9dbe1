/**
 * All versions in the order of their keys, the newest of a key first. Both tables are in one order, which their indexes give without
 * sorting, so that LIMIT ends the search.
 */
export interface VersionOrder {
  /** From a key on, and before another one: `?1`, `?2`; at most `?3`. */
  readonly fromKey: string;
  /** The rest of one key's, of lower sequences: what is newer may be gone by now, and the newest of them is then in `object`. */
  readonly ofKey: string;
}

/** @param columns of both tables */
export function versionOrder(columns: string): VersionOrder {
  const both = (condition: string): string => `
    SELECT ${columns}, 0 AS is_marker FROM object WHERE ${condition}
    UNION ALL
    SELECT ${columns}, is_marker FROM version WHERE ${condition}`;
  return {
    fromKey: `${both("key >= ?1 AND key < ?2")} ORDER BY key, sequence DESC LIMIT ?3`,
    ofKey: `${both("key = ?1 AND sequence < ?2")} ORDER BY sequence DESC LIMIT ?3`,
  };
}
