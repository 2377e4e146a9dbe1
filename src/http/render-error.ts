import { log } from "../lib/log.ts";
import { boundedText } from "../lib/bounded-text.ts";
import { writeXml, type XmlNode } from "../lib/xml-writer.ts";
import { S3Error } from "../protocol/errors.ts";
import { diskFull } from "../storage/blobs/counted-room.ts";
import { isOfMissingMethod, notYetDeployed } from "../storage/clients/value-of.ts";
import { isForWantOfRoom } from "../storage/blobs/disk-room.ts";
import type { RequestIds } from "./request-ids.ts";

/**
 * Of each text of an error. Most tell what the request was, whose head may have half a MiB: 500 clients that were told theirs
 * and did not read it took 2.2 GiB (measured 2026-11). AWS takes heads of 8 KB.
 */
const MAX_TEXT_LENGTH = 24 * 1024;

/** Any failure as an answer; one to HEAD has no body. */
export function renderError(error: S3Error, method: string, ids: RequestIds): Response {
  const headers = { ...error.headers, "content-type": "application/xml" };
  if (method === "HEAD") return new Response(null, { status: error.status, headers });
  const document = errorDocument(error, ids);
  return new Response(document, {
    status: error.status,
    headers: { ...headers, "content-length": String(Buffer.byteLength(document)) },
  });
}

/**
 * Any failure as S3's `<Error>` document, which has no namespace: boto3 reads an empty code from a namespaced root. Each
 * error has elements of its own that name what it is about; `Resource` is documented, and AWS has ceased to send it.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#RESTErrorResponses,
 * https://github.com/localstack/localstack/blob/main/tests/aws/services/s3/test_s3.snapshot.json
 */
export function errorDocument(error: S3Error, { requestId, hostId }: RequestIds): string {
  const elements: XmlNode[] = [
    ["Code", error.code],
    ["Message", boundedText(error.message, MAX_TEXT_LENGTH)],
    ...Object.entries(error.fields).map(([name, text]): XmlNode => {
      return [name, boundedText(text, MAX_TEXT_LENGTH)];
    }),
    ["RequestId", requestId],
    ["HostId", hostId],
  ];
  return `<?xml version="1.0" encoding="UTF-8"?>\n${writeXml(["Error", elements])}`;
}

/**
 * What is thrown on purpose passes; anything else becomes InternalError, or ServiceUnavailable when a disk is full, or SlowDown
 * while a new version is deployed, and nothing of the inside is shown.
 */
export function toS3Error(error: unknown): S3Error {
  if (error instanceof S3Error) return error;
  if (isOfMissingMethod(error)) return notYetDeployed();
  return isForWantOfRoom(error) ? diskFull() : new S3Error("InternalError");
}

/** The cause of an InternalError, for us; the client gets the request id that leads here. */
export function logInternalError(error: unknown, requestId: string): void {
  const cause = error instanceof Error ? (error.stack ?? error.message) : String(error);
  log("error", "internal error", { requestId, cause });
}
