import type { S3Request } from "../protocol/s3-request.ts";
import type { RequestIds } from "./render-error.ts";

interface LoggedRequest {
  readonly ids: RequestIds;
  readonly method: string;
  /** AWS's name; undefined when the request named no operation that is built. */
  readonly operation: string | undefined;
  readonly request: S3Request | undefined;
  readonly status: number;
  /** The error code, when the answer is one. */
  readonly code: string | undefined;
  readonly startedMs: number;
}

/** One structured line per request. The query is left out: a presigned URL's would be a credential in the log. */
export function logRequest(logged: LoggedRequest): void {
  const { ids, method, operation, request, status, code, startedMs } = logged;
  console.log(
    JSON.stringify({
      event: "request",
      requestId: ids.requestId,
      method,
      operation,
      bucket: request?.bucket,
      key: request?.key,
      status,
      code,
      durationMs: Date.now() - startedMs,
    }),
  );
}
