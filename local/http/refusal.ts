import type { Socket } from "node:net";
import { dateHeader } from "../../src/http/date-header.ts";
import { errorDocument } from "../../src/http/render-error.ts";
import { newRequestIds } from "../../src/http/request-ids.ts";
import { log } from "../../src/lib/log.ts";
import { type ErrorCode, S3Error } from "../../src/protocol/errors.ts";
import { linger } from "./linger.ts";
import { Response } from "./response.ts";
import { STATUS_CODES } from "./node-http.ts";

/** What node:http tells of bytes that are no request. */
export interface ParseError extends Error {
  readonly code?: string;
  /** What came last of all. */
  readonly rawPacket?: Buffer;
}

/** What a request line begins with, if it is one, and longer than any method. */
const METHOD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,40} /;

/** What node:http refuses by itself, in S3's terms. */
export function refusalCode({ code, rawPacket }: ParseError): ErrorCode {
  if (code === "HPE_HEADER_OVERFLOW") return "RequestHeaderSectionTooLarge";
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return "RequestTimeout";
  // To the parser, anything begins with a method.
  const isMethod =
    code === "HPE_INVALID_METHOD" && METHOD.test(rawPacket?.toString("latin1", 0, 41) ?? "");
  return isMethod ? "MethodNotAllowed" : "BadRequest";
}

interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly document: string;
  readonly requestId: string;
}

function refusalOf(code: ErrorCode): Refusal {
  const error = new S3Error(code);
  const ids = newRequestIds();
  const document = errorDocument(error, ids);
  const headers = {
    date: dateHeader(Date.now()),
    "content-type": "application/xml",
    "content-length": String(Buffer.byteLength(document)),
    "x-amz-request-id": ids.requestId,
    "x-amz-id-2": ids.hostId,
    server: "Ledge",
  };
  return { status: error.status, headers, document, requestId: ids.requestId };
}

/** An answer in the application's place, in its form. */
export function refusal(code: ErrorCode): Response {
  const { status, headers, document } = refusalOf(code);
  return new Response(document, { status, headers });
}

/**
 * Answers what is no request, or none that gets as far as the application, and ends the connection.
 *
 * @param socket nothing of an answer has been written to it
 */
export function refuse(socket: Socket, code: ErrorCode, isLogged: boolean): void {
  const { status, headers, document, requestId } = refusalOf(code);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("")}connection: close\r\n\r\n${document}`,
  );
  linger(socket);
  if (isLogged) log("log", "request", { time: new Date().toISOString(), requestId, status, code });
}
