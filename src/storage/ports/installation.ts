/** Which installation a Directory, or a store of blobs, is of. */
export interface KnownInstallation {
  /** 32 hexadecimal digits, made at the first use. */
  readonly id: string;
  /** The store of blobs has been seen to say the same. */
  readonly isConfirmed: boolean;
}

/** Port: what the Directory knows of the installation. */
export interface InstallationRecord {
  /**
   * @param proposedId what it is from now on, if it is none yet; undefined: nothing is changed
   * @returns undefined: it is none yet
   */
  claimInstallation(proposedId: string | undefined): Promise<KnownInstallation | undefined>;
  confirmInstallation(id: string): Promise<void>;
}

/** Port: the mark that the first installation leaves in a store of blobs. */
export interface InstallationMark {
  read(): Promise<string | undefined>;
  /** Nothing is done if there is one. */
  make(id: string): Promise<void>;
}
