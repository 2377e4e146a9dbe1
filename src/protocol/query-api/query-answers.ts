import { boundedText } from "../../lib/bounded-text.ts";
import { writeXml, type XmlContent, type XmlNode } from "../../lib/xml-writer.ts";
import type { QueryError } from "./query-error.ts";

/** Of a text that a client may make as long as it likes. */
const MAX_TEXT_LENGTH = 24 * 1024;

/**
 * `<CreateUserResponse xmlns="…"><CreateUserResult>…</CreateUserResult><ResponseMetadata>…</ResponseMetadata></CreateUserResponse>`
 *
 * @param result undefined: the action has no output
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/programming.html
 */
export function queryAnswer(
  action: string,
  namespace: string,
  result: XmlContent | undefined,
  requestId: string,
): Response {
  const content: XmlNode[] = [
    [`${action}Result`, result],
    ["ResponseMetadata", [["RequestId", requestId]]],
  ];
  return document([`${action}Response`, content, { xmlns: namespace }], 200, requestId);
}

/** `<ErrorResponse xmlns="…"><Error><Type>Sender</Type><Code>…</Code><Message>…</Message></Error><RequestId>…</RequestId></ErrorResponse>` */
export function queryErrorAnswer(
  { code, message, status }: QueryError,
  namespace: string,
  requestId: string,
): Response {
  const content: XmlNode[] = [
    [
      "Error",
      [
        ["Type", status < 500 ? "Sender" : "Receiver"],
        ["Code", code],
        ["Message", boundedText(message, MAX_TEXT_LENGTH)],
      ],
    ],
    ["RequestId", requestId],
  ];
  return document(["ErrorResponse", content, { xmlns: namespace }], status, requestId);
}

function document(root: XmlNode, status: number, requestId: string): Response {
  const text = writeXml(root);
  const headers = {
    "Content-Type": "text/xml",
    "Content-Length": String(Buffer.byteLength(text)),
    "x-amzn-RequestId": requestId,
  };
  return new Response(text, { status, headers });
}
