import { newestHeardOf } from "../domain/access/heard-of.ts";
import { strangersBucket } from "../domain/access/strangers.ts";
import { corsRulesOf } from "../domain/bucket-cors.ts";
import type { Ports } from "../domain/ports.ts";
import { log } from "../lib/log.ts";
import { corsHeaders, corsQuestion } from "../protocol/cors/cors-match.ts";
import { S3Error } from "../protocol/errors.ts";
import { emptyResponse } from "../protocol/respond.ts";
import type { S3Request } from "../protocol/s3-request.ts";
import type { BucketRecord } from "../storage/ports/bucket-directory.ts";
import { StaleBucketError } from "../storage/ports/bucket-index.ts";

type LookupPorts = Pick<Ports, "buckets" | "indexOf" | "strangers">;

/**
 * `OPTIONS /{bucket}/{key}`: answers a CORS preflight, by which a browser asks whether a page of another origin may send a request.
 * Whoever asks is not authenticated, and signs nothing that counts.
 *
 * @throws S3Error BadRequest (no Origin, or no method), AccessForbidden (no such bucket, no configuration, or no rule that fits)
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors-troubleshooting.html; recorded from AWS by
 *   https://github.com/localstack/localstack/blob/main/tests/aws/services/s3/test_s3_cors.py
 */
export async function answerPreflight(request: S3Request, ports: LookupPorts): Promise<Response> {
  const { headers, key } = request;
  const question = corsQuestion(headers, "OPTIONS");
  if (question === undefined)
    throw new S3Error("BadRequest", {
      message: "Insufficient information. Origin request header needed.",
    });
  const bucket = await newestBucket(request, ports);
  if (bucket === undefined) throw forbidden("Bucket not found", question.method, "BUCKET");
  const rules = corsRulesOf(bucket);
  if (rules === undefined)
    throw forbidden("CORS is not enabled for this bucket.", question.method, "BUCKET");
  if (!headers.has("access-control-request-method"))
    throw new S3Error("BadRequest", { message: "Invalid Access-Control-Request-Method: null" });
  const allowed = corsHeaders(rules, question);
  if (allowed === undefined)
    throw forbidden(
      "This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.",
      question.method,
      key === undefined ? "BUCKET" : "OBJECT",
    );
  return emptyResponse(200, allowed);
}

function forbidden(because: string, method: string, resourceType: string): S3Error {
  return new S3Error("AccessForbidden", {
    message: `CORSResponse: ${because}`,
    fields: { Method: method, ResourceType: resourceType },
  });
}

/**
 * The bucket as its shards know it: nothing else that a preflight does would tell that what is remembered is old, so that an
 * isolate could answer by withdrawn rules for ever.
 */
async function newestBucket(
  { bucket: name, key }: S3Request,
  ports: LookupPorts,
): Promise<BucketRecord | undefined> {
  const bucket = await strangersBucket(name, ports);
  if (bucket === undefined) return undefined;
  try {
    return await newestHeardOf(ports, bucket, key ?? "");
  } catch (error) {
    if (!(error instanceof StaleBucketError)) throw error;
    return ports.buckets.refresh(bucket.name);
  }
}

/**
 * Lets a page of another origin have an answer, errors included, if a rule of the bucket does. What was remembered of the bucket
 * is what the request ran under. Where no rule fits, caches are told that it is the origin that made the difference.
 *
 * @param response headers are added to it
 * @param name of the bucket; undefined: the request names none
 */
export async function shareWithOrigin(
  response: Response,
  { headers, method }: Request,
  name: string | undefined,
  ports: LookupPorts,
): Promise<void> {
  const question = corsQuestion(headers, method);
  if (question === undefined) return;
  const bucket = await strangersBucket(name, ports).catch(ignoreFailure);
  const rules = bucket && corsRulesOf(bucket);
  if (rules === undefined) return;
  const allowed = corsHeaders(rules, question) ?? { vary: "Origin" };
  for (const [header, value] of Object.entries(allowed)) response.headers.set(header, value);
}

/** The request has its answer, whatever becomes of this. */
function ignoreFailure(error: unknown): undefined {
  if (!(error instanceof S3Error)) log("warn", "cors lookup failed", { error: String(error) });
  return undefined;
}
