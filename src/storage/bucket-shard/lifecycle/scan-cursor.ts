/** How far a scan has come. It is written with what the scan has done, so that a crash neither repeats nor loses anything. */
export type ScanCursor =
  | { readonly phase: "uploads"; readonly after: UploadPosition }
  /** Zones from this key on. */
  | { readonly phase: "zones"; readonly from: string }
  | { readonly phase: "zone"; readonly zone: ScannedZone };

export interface UploadPosition {
  readonly initiatedMs: number;
  readonly key: string;
  readonly uploadId: string;
}

export interface ScannedZone {
  readonly firstKey: string;
  /** The first key that is not of it; absent: there is none. */
  readonly endKey?: string | undefined;
  readonly beganMs: number;
  readonly versionCount: number;
  /** The earliest that is due of what was seen. */
  readonly nextDueMs: number;
  readonly position: VersionPosition;
}

/** Behind this version of the key; without one, before all of its versions. */
export interface VersionPosition {
  readonly key: string;
  readonly last?: PassedVersion | undefined;
}

export interface PassedVersion {
  readonly sequence: number;
  readonly modifiedMs: number;
  /** Noncurrent versions of the key so far, delete markers not counted. */
  readonly noncurrentVersions: number;
}

export const FIRST_UPLOAD: UploadPosition = { initiatedMs: 0, key: "", uploadId: "" };

/** Undefined: no scan is under way. */
export function readCursor(sql: SqlStorage): ScanCursor | undefined {
  const [row] = sql.exec<{ cursor: string }>("SELECT cursor FROM lifecycle_scan").toArray();
  return row && (JSON.parse(row.cursor) as ScanCursor);
}

export function writeCursor(sql: SqlStorage, cursor: ScanCursor | undefined): void {
  if (cursor === undefined) sql.exec("DELETE FROM lifecycle_scan");
  else
    sql.exec(
      "INSERT OR REPLACE INTO lifecycle_scan (id, cursor) VALUES (0, ?)",
      JSON.stringify(cursor),
    );
}
