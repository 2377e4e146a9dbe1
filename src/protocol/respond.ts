import { encodeXml, type XmlContent, type XmlNode } from "../lib/xml-writer.ts";

const XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';
const NAMESPACE = { xmlns: "http://s3.amazonaws.com/doc/2006-03-01/" };

export interface ResponseOptions {
  /** 200 when absent. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** The root is in no namespace. */
  readonly isPlain?: true;
}

/** An XML document whose root is in S3's namespace, or in none. Built whole, so that its length is known. */
export function xmlResponse(
  rootName: string,
  content: XmlContent,
  { status = 200, headers = {}, isPlain }: ResponseOptions = {},
): Response {
  const root: XmlNode = isPlain ? [rootName, content] : [rootName, content, NAMESPACE];
  const document = encodeXml(XML_DECLARATION, root);
  return new Response(document, {
    status,
    headers: {
      ...headers,
      "Content-Type": "application/xml",
      "Content-Length": String(document.byteLength),
    },
  });
}

/** What is no answer of S3's. Nobody is to keep it. */
export function jsonResponse(value: object): Response {
  const document = JSON.stringify(value);
  return new Response(document, {
    headers: {
      "Cache-Control": "no-store",
      "Content-Type": "application/json",
      "Content-Length": String(Buffer.byteLength(document)),
    },
  });
}

export function emptyResponse(
  status: number,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(null, { status, headers });
}
