import { SaxesParser } from "saxes";

export interface XmlElement {
  /** Without its namespace prefix: S3's clients disagree about namespaces, and no name has two meanings. */
  readonly name: string;
  /** By local name, the declarations of namespaces left out. Undefined when there are none. */
  readonly attributes: Readonly<Record<string, string>> | undefined;
  /** Exactly as written when there are no children, else empty. */
  readonly text: string;
  readonly children: readonly XmlElement[];
}

/** The text is not a document that we read; the message says why. */
export class XmlSyntaxError extends Error {
  override readonly name = "XmlSyntaxError";
}

/** No document of S3 is half as deep. */
const MAX_DEPTH = 16;

interface OpenElement extends XmlElement {
  text: string;
  readonly children: OpenElement[];
}

/**
 * Reads a whole document into its root element. Comments and processing instructions are skipped.
 *
 * @throws XmlSyntaxError for anything not well-formed, and for a DOCTYPE, over 16 levels, or text beside elements
 */
export function parseXml(document: string): XmlElement {
  const open: OpenElement[] = [];
  let root: OpenElement | undefined;

  const parser = new SaxesParser({ position: false, xmlns: false });
  parser.on("error", (error) => {
    throw new XmlSyntaxError(error.message);
  });
  parser.on("doctype", () => {
    throw new XmlSyntaxError("DOCTYPE is not supported");
  });
  parser.on("opentag", ({ name, attributes }) => {
    if (open.length === MAX_DEPTH) throw new XmlSyntaxError(`over ${MAX_DEPTH} levels`);
    const element: OpenElement = {
      name: localName(name),
      attributes: localAttributes(attributes),
      text: "",
      children: [],
    };
    open.at(-1)?.children.push(element);
    root ??= element;
    open.push(element);
  });
  const addText = (text: string): void => {
    const element = open.at(-1);
    if (element !== undefined) element.text += text;
  };
  parser.on("text", addText);
  parser.on("cdata", addText);
  parser.on("closetag", () => {
    const element = open.pop();
    if (element === undefined || element.children.length === 0) return;
    if (element.text.trim() !== "")
      throw new XmlSyntaxError(`text beside the elements of <${element.name}>`);
    element.text = "";
  });

  parser.write(document).close();
  if (root === undefined) throw new XmlSyntaxError("no root element");
  return root;
}

function localAttributes(attributes: Readonly<Record<string, string>>): XmlElement["attributes"] {
  const own = Object.entries(attributes).filter(([name]) => !name.startsWith("xmlns"));
  return own.length === 0
    ? undefined
    : Object.fromEntries(own.map(([name, value]) => [localName(name), value]));
}

function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}
