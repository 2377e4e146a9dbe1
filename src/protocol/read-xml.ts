import { parseXml, XmlSyntaxError } from "../lib/xml-reader.ts";
import type { Shape } from "../lib/xml-shape.ts";
import { S3Error } from "./errors.ts";

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

/**
 * Reads the XML document of a request, whose length the caller has bounded.
 *
 * @throws S3Error MissingRequestBodyError when there is none (seen in https://github.com/aws/aws-sdk-cpp/issues/733);
 *   MalformedXML when it is not UTF-8, not well-formed, or not of this root and shape
 */
export function readXml<T>(document: Uint8Array | string, rootName: string, shape: Shape<T>): T {
  if (document.length === 0) throw new S3Error("MissingRequestBodyError");
  try {
    const root = parseXml(typeof document === "string" ? document : UTF8.decode(document));
    if (root.name !== rootName) throw new XmlSyntaxError(`the root is <${root.name}>`);
    return shape.read(root);
  } catch (error) {
    // TypeError is what a fatal TextDecoder throws.
    if (error instanceof XmlSyntaxError || error instanceof TypeError)
      throw new S3Error("MalformedXML");
    throw error;
  }
}
