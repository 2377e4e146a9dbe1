/** How much of each kind a shard has. */
export interface RowCounts {
  /** Keys whose current version is no delete marker. */
  readonly objects: number;
  /** Versions, current and older ones, without delete markers. */
  readonly versions: number;
  readonly deleteMarkers: number;
  /** Of all versions. */
  readonly bytes: number;
  /** Multipart uploads in progress. */
  readonly uploads: number;
  /** Of their parts. */
  readonly uploadBytes: number;
  /** Of the annotations of all versions. */
  readonly annotationBytes: number;
}

export const NO_ROWS: RowCounts = {
  objects: 0,
  versions: 0,
  deleteMarkers: 0,
  bytes: 0,
  uploads: 0,
  uploadBytes: 0,
  annotationBytes: 0,
};

export type CountsChange = Partial<RowCounts>;

export function addCounts(a: RowCounts, b: CountsChange): RowCounts {
  return {
    objects: a.objects + (b.objects ?? 0),
    versions: a.versions + (b.versions ?? 0),
    deleteMarkers: a.deleteMarkers + (b.deleteMarkers ?? 0),
    bytes: a.bytes + (b.bytes ?? 0),
    uploads: a.uploads + (b.uploads ?? 0),
    uploadBytes: a.uploadBytes + (b.uploadBytes ?? 0),
    annotationBytes: a.annotationBytes + (b.annotationBytes ?? 0),
  };
}

export function subtractCounts(a: RowCounts, b: CountsChange): RowCounts {
  const negated = Object.entries(b).map(([name, count]) => [name, -count] as const);
  return addCounts(a, Object.fromEntries(negated));
}

/** What was written down; undefined: older code did, which did not count all of it. */
export function readCounts(text: string): RowCounts | undefined {
  const counts = JSON.parse(text) as CountsChange;
  return Object.keys(NO_ROWS).every((name) => name in counts) ? (counts as RowCounts) : undefined;
}

/** What a row of `object` counts. */
export function ofObject({ size_bytes: bytes }: { readonly size_bytes: number }): CountsChange {
  return { objects: 1, versions: 1, bytes };
}

/** What a row of `version` counts. */
export function ofVersion(row: {
  readonly size_bytes: number;
  readonly is_marker: number;
}): CountsChange {
  return row.is_marker === 1 ? { deleteMarkers: 1 } : { versions: 1, bytes: row.size_bytes };
}
