/** One HTTP request as S3 sees it, taken once from the raw request line by `http/address.ts`. */
export interface S3Request {
  readonly method: string;
  /** As the Worker received them; for a presigned URL also the `x-amz-*` query parameters that stand for headers. */
  readonly headers: Headers;
  readonly body: ReadableStream<Uint8Array> | null;
  /** Scheme and host as the client reached them, e.g. `https://s3.example.com:8787`. */
  readonly origin: string;
  /** Exactly as on the request line: begins with `/`, no query, nothing decoded or normalized. */
  readonly rawPath: string;
  /** Exactly as on the request line, without the `?`; empty when there is none. */
  readonly rawQuery: string;
  /** The query decoded; `+` is a space. */
  readonly query: URLSearchParams;
  /** The bucket was named by the host (`bucket.s3.example.com`), so `rawPath` holds the key only. */
  readonly isVirtualHosted: boolean;
  /** Undefined for service requests (`GET /`). */
  readonly bucket: string | undefined;
  /** Percent-decoded once, a `+` being a space as it is to AWS; undefined for service and bucket requests. */
  readonly key: string | undefined;
  /** The same with each `+` kept, which a signature may say that it means; undefined when there is none. */
  readonly keyWithPluses: string | undefined;
  /** The request as the runtime has it, whose `cf` tells of the connection, and is parsed anew each time; undefined where there is none. */
  readonly received?: Pick<Request, "cf" | "headers">;
  /** Accept-Encoding before Cloudflare's edge rewrote it (`request.cf.clientAcceptEncoding`). */
  readonly clientAcceptEncoding: string | undefined;
}
