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
  const has = (table: string): string => `EXISTS (SELECT 1 FROM ${table})`;
  const [row = []] = sql
    .exec(
      `SELECT ${has("version")}, ${has("annotation")}, ${has("upload")}, ${has("completed_upload")},
         ${has("outbox WHERE moving_key > ''")}`,
    )
    .raw<number[]>();
  const [versions, annotations, uploads, completions, events] = row.map((found) => found === 1);
  return {
    versions: versions === true,
    annotations: annotations === true,
    uploads: uploads === true,
    completions: completions === true,
    events: events === true,
  };
}
