/** What is between an element's tags. An element whose content is undefined is left out. */
export type XmlContent = string | number | boolean | readonly XmlNode[];

export type XmlNode = readonly [
  name: string,
  content: XmlContent | undefined,
  attributes?: Readonly<Record<string, string>>,
];

/** One element with all that is in it, as XML text without a declaration. */
export function writeXml([name, content, attributes]: XmlNode): string {
  if (content === undefined) return "";
  let tag = name;
  if (attributes !== undefined) {
    for (const [attribute, value] of Object.entries(attributes))
      tag += ` ${attribute}="${escapeXml(value)}"`;
  }
  if (typeof content === "string") return `<${tag}>${escapeXml(content)}</${name}>`;
  if (typeof content !== "object") return `<${tag}>${content}</${name}>`;
  let inner = "";
  for (const node of content) inner += writeXml(node);
  return `<${tag}>${inner}</${name}>`;
}

// Tab and line feed are text. A carriage return would be read back as a line feed, and the other controls have no place
// in XML 1.0 at all: S3 writes those as character references too, and has `encoding-type=url` for clients that cannot read those.
// oxlint-disable-next-line no-control-regex -- the controls are what is looked for
const SPECIAL = /[&<>"\0-\x08\x0b-\x1f\ufffe\uffff]/;
// oxlint-disable-next-line no-control-regex -- the controls are what is looked for
const EACH_SPECIAL = /[&<>"\0-\x08\x0b-\x1f\ufffe\uffff]/g;

function escapeXml(text: string): string {
  return SPECIAL.test(text) ? text.replace(EACH_SPECIAL, escapeCharacter) : text;
}

const NAMED: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

function escapeCharacter(character: string): string {
  return NAMED[character] ?? `&#x${character.charCodeAt(0).toString(16)};`;
}
