import { expect, test } from "vitest";
import { parseXml, XmlSyntaxError } from "../../../src/lib/xml-reader.ts";

test("elements, attributes and text are read without their prefixes", () => {
  const root = parseXml(
    '<?xml version="1.0"?>\n<s3:A xmlns:s3="urn:x"><!-- c --><B xsi:type="User"> 1 &lt; 2 </B>\n<s3:B><![CDATA[<&>]]></s3:B></s3:A>',
  );
  expect(root).toEqual({
    name: "A",
    attributes: undefined,
    text: "",
    children: [
      { name: "B", attributes: { type: "User" }, text: " 1 < 2 ", children: [] },
      { name: "B", attributes: undefined, text: "<&>", children: [] },
    ],
  });
});

test("a byte order mark before the document is no text", () => {
  expect(parseXml("\ufeff<A/>").name).toBe("A");
});

function nested(levels: number): string {
  return "<A>".repeat(levels) + "</A>".repeat(levels);
}

test("sixteen levels are read", () => {
  expect(parseXml(nested(16)).name).toBe("A");
});

test.for([
  { document: nested(17), because: "over 16 levels" },
  { document: "", because: "no root" },
  { document: "   ", because: "blanks only" },
  { document: "text", because: "text only" },
  { document: "<A>", because: "not closed" },
  { document: "<A></B>", because: "wrongly closed" },
  { document: "<A/><B/>", because: "a second root" },
  { document: "<A/>text", because: "text after the root" },
  { document: "<A><B/>text</A>", because: "text beside elements" },
  { document: "<A>&nbsp;</A>", because: "an entity that is not XML's" },
  { document: "<A>\u0001</A>", because: "a control character" },
  { document: "<A>&#1;</A>", because: "a reference to a control character" },
  { document: "<!DOCTYPE A><A/>", because: "a DOCTYPE" },
  { document: '<!DOCTYPE A [<!ENTITY x "y">]><A>&x;</A>', because: "an entity of its own" },
  { document: "<A b=1/>", because: "an attribute without quotes" },
])("refused: $because", ({ document }) => {
  expect(() => parseXml(document)).toThrow(XmlSyntaxError);
});
