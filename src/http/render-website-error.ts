import { boundedText } from "../lib/bounded-text.ts";
import { isHeaderValue } from "../lib/header-text.ts";
import { ErrorDocumentError } from "../operations/website/serve-website.ts";
import type { S3Error } from "../protocol/errors.ts";
import type { RequestIds } from "./request-ids.ts";

const MAX_TEXT_LENGTH = 24 * 1024;

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  412: "Precondition Failed",
  416: "Requested Range Not Satisfiable",
  500: "Internal Server Error",
  501: "Not Implemented",
  503: "Service Unavailable",
};

/**
 * A failure as the page that a website answers; to HEAD it is not sent.
 *
 * Source: recorded from AWS by `TestS3StaticWebsiteHosting` in
 *   https://github.com/localstack/localstack/blob/main/tests/aws/services/s3/test_s3.py
 */
export function renderWebsiteError(error: S3Error, method: string, ids: RequestIds): Response {
  const headers = {
    ...error.headers,
    "content-type": "text/html; charset=utf-8",
    "x-amz-error-code": error.code,
    ...(isHeaderValue(error.message) && { "x-amz-error-message": error.message }),
  };
  const { status } = error;
  if (method === "HEAD") return new Response(null, { status, headers });
  const page = errorPage(error, ids);
  const length = String(Buffer.byteLength(page));
  return new Response(page, { status, headers: { ...headers, "content-length": length } });
}

function errorPage(error: S3Error, { requestId, hostId }: RequestIds): string {
  const title = `${error.status} ${TITLES[error.status] ?? error.code}`;
  const lines = [
    "<html>",
    `<head><title>${title}</title></head>`,
    "<body>",
    `<h1>${title}</h1>`,
    ...list({ ...factsOf(error), RequestId: requestId, HostId: hostId }),
    ...(error instanceof ErrorDocumentError
      ? [
          "<h3>An Error Occurred While Attempting to Retrieve a Custom Error Document</h3>",
          ...list(factsOf(error.cause)),
        ]
      : []),
    "<hr/>",
    "</body>",
    "</html>",
  ];
  return `${lines.join("\n")}\n`;
}

function factsOf({ code, message, fields }: S3Error): Readonly<Record<string, string>> {
  return { Code: code, Message: message, ...fields };
}

function list(facts: Readonly<Record<string, string>>): readonly string[] {
  const items = Object.entries(facts).map(
    ([name, text]) => `<li>${name}: ${escapeHtml(boundedText(text, MAX_TEXT_LENGTH))}</li>`,
  );
  return ["<ul>", ...items, "</ul>"];
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign);
}
