import type { Request } from "./http/request.ts";
import { Response } from "./http/response.ts";

/** Where MinIO says that it is up: probes of compose files and charts ask there, and `mc ready` asks the last two. */
const PATHS: ReadonlySet<string> = new Set([
  "/minio/health/live",
  "/minio/health/ready",
  "/minio/health/cluster",
  "/minio/health/cluster/read",
]);

/** In any address of these; elsewhere at no cost. */
const COMMON = "/minio/health/";

/**
 * `GET` or `HEAD` of MinIO's addresses for health, unsigned: 200, without a body. `minio` could be a bucket, so that
 * whatever is signed, or asks for anything else there, is a request of S3's.
 *
 * @returns undefined for any other request
 * Source: https://github.com/minio/minio/blob/master/docs/metrics/healthcheck/README.md,
 * https://github.com/minio/mc/blob/master/cmd/ready.go
 */
export function minioHealth({ method, url, headers }: Request): Response | undefined {
  if (!url.includes(COMMON) || (method !== "GET" && method !== "HEAD")) return undefined;
  // A signature in the query makes it another path.
  const path = url.slice(url.indexOf("/", url.indexOf("://") + 3));
  if (!PATHS.has(path) || headers.has("authorization")) return undefined;
  return new Response(null, { headers: { "content-length": "0" } });
}
