import { type Caller, isSigned } from "../../protocol/caller.ts";
import { regionOf } from "../../protocol/region.ts";
import type { S3Request } from "../../protocol/s3-request.ts";
import type { Settings } from "../../env.ts";
import type { BucketRecord } from "../../storage/ports/bucket-directory.ts";
import { parseAmzDate } from "../auth/request-time.ts";
import { bucketFactsOf } from "./bucket-facts.ts";
import { connectionOf } from "./connection.ts";
import type { FormUpload } from "../body/form-file.ts";
import type { Checked } from "./checks.ts";
import type { SignatureFacts } from "./context.ts";
import type { GlobalFacts } from "./global-keys.ts";
import { permissionsOf } from "./permissions.ts";
import { type DocumentFacts, RequestedOperation, UNREAD } from "./operation-facts.ts";

/** Who asks for what. */
export interface Asked {
  readonly caller: Caller;
  readonly request: S3Request;
  /** Undefined: the request is no form. */
  readonly form?: Pick<FormUpload, "fields">;
  readonly settings: Pick<Settings, "account" | "blockPublicAccess" | "region">;
}

/**
 * What the checks of a request are about.
 *
 * @param bucket undefined: there is none yet, or the request is about none
 * @param document what stands in the request's, once it was read
 */
export function checkedOf(
  asked: Asked,
  bucket: BucketRecord | undefined,
  document: DocumentFacts = UNREAD,
): Checked {
  const { caller, request, settings } = asked;
  const bucketFacts = bucket && bucketFactsOf(bucket, settings);
  const region = bucket === undefined ? settings.region : regionOf(bucket.region);
  const global = globalFactsOf(asked, region);
  return {
    caller,
    permissions: permissionsOf(caller),
    bucketName: request.bucket ?? "",
    key: request.key,
    bucket: bucketFacts,
    facts: {
      ...global,
      signature: isSigned(caller) ? signatureFacts(asked) : undefined,
      bucket: bucketFacts,
      object: request.key === undefined ? "none" : "unread",
      operation: new RequestedOperation(request, global.nowMs, document),
    },
  };
}

/** What a request tells policies, whichever service it is for. */
export function globalFactsOf(
  { caller, request }: Pick<Asked, "caller" | "request">,
  region: string,
): GlobalFacts {
  const { address, tlsVersion } = connectionOf(request);
  return {
    caller,
    headers: request.headers,
    nowMs: Date.now(),
    isSecure: request.origin.startsWith("https:"),
    sourceIp: address,
    tlsVersion,
    region,
  };
}

/** `s3:GetObject`, or of a version by its id `s3:GetObjectVersion`; of an action without such a second name the first. */
export function versionAction(action: string, versionId: string | undefined): string {
  return `s3:${versionId === undefined ? action : action.replace("Object", "ObjectVersion")}`;
}

/** How a request is signed that is known to be. The age counts for those that are signed ahead of time only. */
function signatureFacts({ request, form }: Asked): SignatureFacts {
  if (form !== undefined) return formSignatureFacts(form.fields);
  const { headers, query } = request;
  const date = query.get("X-Amz-Date");
  if (query.has("X-Amz-Signature"))
    return {
      type: "REST-QUERY-STRING",
      version: "AWS4-HMAC-SHA256",
      signedMs: date === null ? undefined : parseAmzDate(date),
    };
  if (query.has("Signature"))
    return { type: "REST-QUERY-STRING", version: "AWS", signedMs: undefined };
  const isV4 = headers.get("authorization")?.startsWith("AWS4-") === true;
  return {
    type: "REST-HEADER",
    version: isV4 ? "AWS4-HMAC-SHA256" : "AWS",
    signedMs: undefined,
  };
}

function formSignatureFacts(fields: ReadonlyMap<string, string>): SignatureFacts {
  if (!fields.has("x-amz-signature")) return { type: "POST", version: "AWS", signedMs: undefined };
  const signedMs = parseAmzDate(fields.get("x-amz-date") ?? "");
  return { type: "POST", version: "AWS4-HMAC-SHA256", signedMs };
}
