/** A key that objects' keys can be wrapped under, as it is now. */
export interface RegisteredKey {
  readonly accountId: string;
  /** Whom of the account's keys a wrapped key is under. Never changes, and never is another's. */
  readonly id: string;
  /** Of the material that is used from now on; what was wrapped under an earlier one is unwrapped with that. */
  readonly version: number;
  /** What answers tell: its ARN, or the bare name by which the deployment declared it. */
  readonly name: string;
}

/**
 * Port: the KMS keys of accounts, and what is encrypted under them. Their material never leaves the gateway.
 *
 * Whatever its method, a deployment without MASTER_KEY throws S3Error KMS.KMSInvalidStateException.
 */
export interface KeyRegistry {
  /**
   * A key that may be used: which, and with which material.
   *
   * @param accountId whose keys an id or alias is looked for among
   * @param region the bucket's
   * @param keyId as a request names it: an id, an alias, or the ARN of either; undefined: the account's `aws/s3`, which is made
   *   at its first use
   * @throws S3Error KMS.NotFoundException, KMS.DisabledException, KMS.KMSInvalidStateException (it is to be deleted),
   *   AccessDenied (of another account)
   */
  usableKey(accountId: string, region: string, keyId: string | undefined): Promise<RegisteredKey>;
  /** The key of the account's objects that are encrypted with SSE-S3, made at its first use. No request can name it. */
  storeKey(accountId: string): Promise<RegisteredKey>;
  /**
   * @param plain 32 bytes
   * @param associatedData what they are of, without which they cannot be unwrapped
   * @returns 60 bytes
   * @throws S3Error as {@link usableKey}
   */
  wrap(
    key: RegisteredKey,
    plain: Uint8Array,
    associatedData: Uint8Array,
  ): Promise<Uint8Array<ArrayBuffer>>;
  /** @throws S3Error as {@link usableKey}; Error when these bytes were not wrapped so */
  unwrap(
    accountId: string,
    keyId: string,
    version: number,
    wrapped: Uint8Array,
    associatedData: Uint8Array,
  ): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Makes the key that is made when it is used first, so that it can be shown before it is used.
   *
   * @param name as `usableKey` has it after the ARN; undefined: all that the deployment has declared
   */
  makeAtFirstUse(accountId: string, region: string, name: string | undefined): Promise<void>;
  /** New material for a key, sealed, as the Directory is given it. */
  newMaterial(accountId: string, id: string, version: number): Uint8Array;
  /** What is remembered of the account's keys, when one has changed. */
  forget(accountId: string): void;
}
