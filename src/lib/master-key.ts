import { hkdfSync } from "node:crypto";

/** What a master key has sub-keys for. Whatever is sealed or derived depends on these names, so that they never change. */
type Purpose =
  | "backups"
  | "key ids"
  | "kms"
  | "replication targets"
  | "secrets"
  | "session secrets"
  | "tokens";

/** The keys for one purpose, of 32 bytes each. */
export interface SubKeys {
  /** What is made now is made with this one. */
  readonly current: Uint8Array;
  /** While the master key is being replaced, what was made with the one before it counts, too. */
  readonly previous?: Uint8Array | undefined;
}

/** In the order in which they are tried. */
export const SUB_KEY_AGES = ["current", "previous"] as const satisfies readonly (keyof SubKeys)[];

/**
 * A deployment's one secret, and while it is being replaced the one before it. Nothing is sealed with it: each purpose has a key of
 * its own, so that none that is given away tells anything of another, or of the master key.
 *
 * Source: https://www.rfc-editor.org/rfc/rfc5869 (HKDF)
 */
export class MasterKey {
  readonly #current: Uint8Array;
  readonly #previous: Uint8Array | undefined;
  readonly #derived = new Map<Purpose, SubKeys>();

  constructor(current: Uint8Array, previous?: Uint8Array) {
    this.#current = current;
    this.#previous = previous;
  }

  subKeys(purpose: Purpose): SubKeys {
    let keys = this.#derived.get(purpose);
    if (keys === undefined) {
      const previous = this.#previous && derive(this.#previous, purpose);
      keys = { current: derive(this.#current, purpose), previous };
      this.#derived.set(purpose, keys);
    }
    return keys;
  }
}

function derive(masterKey: Uint8Array, purpose: Purpose): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", masterKey, "", purpose, 32));
}
