import { type CopySource, parseCopySource } from "../../protocol/copy-source.ts";
import { parseLockHeaders } from "../../protocol/object-lock.ts";
import type { S3Request } from "../../protocol/s3-request.ts";
import { parseTaggingHeader } from "../../protocol/tags.ts";
import type { OperationFacts } from "./context.ts";

/** What stands in the document of PutObjectTagging, PutObjectRetention, PutObjectLegalHold, and CreateBucket. */
export type DocumentFacts = Pick<
  OperationFacts,
  "bucketTags" | "eventHold" | "legalHold" | "locationConstraint" | "objectTags" | "retention"
>;

export const UNREAD: DocumentFacts = {
  bucketTags: "unread",
  locationConstraint: "unread",
  objectTags: "unread",
  retention: "unread",
  eventHold: "unread",
  legalHold: "unread",
};

/**
 * What a request's headers and parameters tell policies, read when a condition asks for it: then what cannot be read is the
 * request's error. A key of another operation than the request's is not asked for (`action-keys.ts`).
 *
 * @throws S3Error of each getter, as the operation throws it that reads the same
 */
export class RequestedOperation implements OperationFacts {
  readonly #request: S3Request;
  readonly #nowMs: number;

  readonly #told: DocumentFacts;

  /** @param told what stands in its document, once that was read */
  constructor(request: S3Request, nowMs: number, told: DocumentFacts) {
    this.#request = request;
    this.#nowMs = nowMs;
    this.#told = told;
  }

  get listing(): NonNullable<OperationFacts["listing"]> {
    const { query } = this.#request;
    const maxKeys = query.get("max-keys") ?? query.get("max-uploads");
    return {
      prefix: query.get("prefix") ?? undefined,
      delimiter: query.get("delimiter") ?? undefined,
      maxKeys: maxKeys === null ? 1000 : Number(maxKeys),
    };
  }

  get versionId(): string | undefined {
    return this.#request.query.get("versionId") ?? undefined;
  }

  get copySource(): CopySource | undefined {
    const { headers } = this.#request;
    return headers.has("x-amz-copy-source") ? parseCopySource(headers) : undefined;
  }

  get objectTags(): OperationFacts["objectTags"] {
    const { headers, query } = this.#request;
    if (query.has("tagging")) return this.#told.objectTags;
    return headers.has("x-amz-tagging") ? parseTaggingHeader(headers) : undefined;
  }

  /** Of CreateBucket. */
  get bucketTags(): OperationFacts["bucketTags"] {
    return this.#request.query.has("tagging") ? undefined : this.#told.bucketTags;
  }

  get locationConstraint(): string | undefined {
    return this.#told.locationConstraint;
  }

  get retention(): OperationFacts["retention"] {
    const { headers, query } = this.#request;
    if (query.has("retention")) return this.#told.retention;
    return parseLockHeaders(headers, this.#nowMs).retention;
  }

  get eventHold(): OperationFacts["eventHold"] {
    const { headers, query } = this.#request;
    if (query.has("retention")) return this.#told.eventHold;
    return parseLockHeaders(headers, this.#nowMs).eventHold;
  }

  get legalHold(): string | undefined {
    const { headers, query } = this.#request;
    if (query.has("legal-hold")) return this.#told.legalHold;
    return headers.get("x-amz-object-lock-legal-hold") ?? undefined;
  }

  /** All that is put is an object, but for parts. */
  get isObjectCreation(): boolean {
    return !this.#request.query.has("partNumber");
  }

  get annotationPrefix(): string | undefined {
    return this.#request.query.get("annotation-prefix") ?? undefined;
  }

  get maxAnnotationResults(): number | undefined {
    const text = this.#request.query.get("max-annotation-results");
    return text === null ? undefined : Number(text);
  }
}
