/** What there is in a shard at all, besides objects: of what there is not, no key is asked. */
export interface PresentKinds {
  readonly versions: boolean;
  readonly annotations: boolean;
  readonly uploads: boolean;
  readonly completions: boolean;
  /** Of keys that move. */
  readonly events: boolean;
}

export function presentKinds(sql: SqlStorage): PresentKinds {
  const has = (table: string): boolean =>
    sql.exec(`SELECT 1 FROM ${table} LIMIT 1`).toArray().length > 0;
  return {
    versions: has("version"),
    annotations: has("annotation"),
    uploads: has("upload"),
    completions: has("completed_upload"),
    events: has("outbox WHERE moving_key > ''"),
  };
}
