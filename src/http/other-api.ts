import type { Ports } from "../domain/ports.ts";
import type { S3Request } from "../protocol/s3-request.ts";
import type { Waiter } from "../lib/waiter.ts";
import type { Deployment } from "./deployment.ts";
import { kmsApi } from "./kms-api.ts";
import { metricsApi } from "./metrics-api.ts";
import { queryApi } from "./query-api.ts";

/** What a request to another API than S3's comes with. */
export interface OtherRequest {
  readonly request: S3Request;
  readonly ports: Ports;
  readonly identities: Deployment["identities"];
  readonly waiter: Waiter;
  readonly requestId: string;
  /** `x-amz-id-2`. */
  readonly hostId: string;
}

/** What is known of the request when it is logged. */
export interface OtherAnswer {
  readonly response: Response;
  /** The action's name; undefined when the request named none. */
  readonly operation: string | undefined;
  /** The error code, when the answer is one. */
  readonly code?: string;
}

/** An API beside S3's, with signatures, documents, and errors of its own. */
export interface OtherApi {
  /** Whether a request is one of its: then it is never S3's. */
  readonly selects: (request: S3Request) => boolean;
  /** Failures are answers as well. */
  readonly answer: (other: OtherRequest) => Promise<OtherAnswer>;
}

/** Without a bucket. */
const OTHER_APIS: readonly OtherApi[] = [kmsApi, queryApi];
/** Below `/_ledge/`, which is nobody's bucket. */
const OWN_APIS: readonly OtherApi[] = [metricsApi];

/** None of them has a bucket, so that S3's requests nearly all pass by two looks. */
export function otherApiOf(request: S3Request): OtherApi | undefined {
  if (request.bucket !== undefined && request.bucket !== "_ledge") return undefined;
  const apis = request.bucket === undefined ? OTHER_APIS : OWN_APIS;
  return apis.find(({ selects }) => selects(request));
}
