/** Who brought an event about, as its record tells it. */
export interface Origin {
  /** `AWS:AIDA…`, `AWS:AROA…:session`, or the id of an account. */
  readonly principalId: string;
  /** Its account; absent: nobody's, or a service's. */
  readonly accountId?: string;
  readonly sourceIp: string;
  readonly requestId: string;
  readonly hostId: string;
  /** The operation of the request, such as `PutObject`. */
  readonly operation: string;
  /** The bucket's name, which a shard does not know; absent: nobody wants to know it. */
  readonly bucketName?: string;
}
