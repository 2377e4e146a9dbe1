/** A change of who may do what, as it is kept: by whom, from where, and of what. */
export interface AuditEntry {
  readonly timeMs: number;
  readonly requestId: string;
  /** Undefined: nobody signed. */
  readonly accountId: string | undefined;
  /** The ARN of who asked for it, or `anonymous`. */
  readonly principal: string;
  /** Its `aws:userid`, which nobody after it has. */
  readonly principalId: string;
  /** `iam:PutUserPolicy`, `s3:PutBucketPolicy`, `ledge:PutAccount` */
  readonly action: string;
  /** What it is about, and no secret. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly sourceIp?: string;
  readonly userAgent?: string;
}

export interface AuditEvent extends AuditEntry {
  /** Later events have greater ones. */
  readonly id: number;
  /** The error's code; undefined: it was done. */
  readonly refused?: string;
}

export interface AuditQuery {
  /** Undefined: of all. */
  readonly accountId: string | undefined;
  /** Only events before this one; undefined: the last. */
  readonly before: number | undefined;
  readonly limit: number;
}

/**
 * Port: what was changed of who may do what, kept for a time. What is done stands in it when it is done: the entry goes along with
 * the change, into the same transaction.
 */
export interface AuditLog {
  /** Of ten a second at most; what is more is dropped. */
  recordRefusal(entry: AuditEntry, code: string): Promise<void>;
  /** Before something is done that the Directory has no part in. */
  recordIntent(entry: AuditEntry): Promise<void>;
  /** The last first. */
  listEvents(query: AuditQuery): Promise<readonly AuditEvent[]>;
}
