import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { dateHeader } from "../../src/http/date-header.ts";
import { errorDocument } from "../../src/http/render-error.ts";
import { newRequestIds } from "../../src/http/request-ids.ts";
import { type ErrorCode, S3Error } from "../../src/protocol/errors.ts";
import { linger } from "./linger.ts";

/**
 * Answers, and ends, a connection whose request never gets as far as a handler, in S3's form.
 *
 * @param socket nothing of an answer has been written to it
 */
export function refuse(socket: Socket, code: ErrorCode, message?: string): void {
  const error = new S3Error(code, message === undefined ? {} : { message });
  const ids = newRequestIds();
  const document = errorDocument(error, ids);
  socket.write(
    [
      `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status]}`,
      `date: ${dateHeader(Date.now())}`,
      "content-type: application/xml",
      `content-length: ${Buffer.byteLength(document)}`,
      `x-amz-request-id: ${ids.requestId}`,
      `x-amz-id-2: ${ids.hostId}`,
      "server: Ledge",
      "connection: close",
      "",
      document,
    ].join("\r\n"),
  );
  linger(socket);
}
