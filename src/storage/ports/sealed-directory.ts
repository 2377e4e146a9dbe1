/** What the Directory keeps sealed, by gateways: it cannot read it itself. */
export type SealedKind = "access key" | "key material" | "replication target";

/** One of them. */
export interface SealedRow {
  /** Which one of its kind: the access key's id, or the target's; or account, id, and version of the material. */
  readonly key: readonly (number | string)[];
  readonly sealed: Uint8Array;
}

/** One that is sealed anew. */
export interface SealedChange extends SealedRow {
  /** What it was: of what has changed meanwhile, nothing is known. */
  readonly before: Uint8Array;
}

/** Port: all that is sealed, whatever it is of. */
export interface SealedDirectory {
  /**
   * In the order of their keys.
   *
   * @param after the key of the last one that was read; undefined: from the first on
   */
  listSealed(
    kind: SealedKind,
    after: SealedRow["key"] | undefined,
    limit: number,
  ): Promise<readonly SealedRow[]>;
  replaceSealed(kind: SealedKind, changes: readonly SealedChange[]): Promise<void>;
}
