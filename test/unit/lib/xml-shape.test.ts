import { expect, test } from "vitest";
import { parseXml, XmlSyntaxError } from "../../../src/lib/xml-reader.ts";
import {
  boolean,
  type Infer,
  integer,
  many,
  object,
  one,
  oneOf,
  optional,
  text,
} from "../../../src/lib/xml-shape.ts";
import { writeXml } from "../../../src/lib/xml-writer.ts";

const Rule = object({
  ID: optional(text),
  Status: one(oneOf("Enabled", "Disabled")),
  Days: optional(integer),
  Quiet: optional(boolean),
  Tag: many(object({ Key: one(text) })),
});

const RULE: Infer<typeof Rule> = {
  ID: " r 1 ",
  Status: "Enabled",
  Days: -30,
  Quiet: true,
  Tag: [{ Key: "a" }, { Key: "b" }],
};

const DOCUMENT =
  "<Rule><ID> r 1 </ID><Status>Enabled</Status><Days>-30</Days><Quiet>true</Quiet>" +
  "<Tag><Key>a</Key></Tag><Tag><Key>b</Key></Tag></Rule>";

test("one declaration reads and writes", () => {
  expect(Rule.read(parseXml(DOCUMENT))).toEqual(RULE);
  expect(writeXml(["Rule", Rule.write(RULE)])).toBe(DOCUMENT);
});

test("children come in any order, and blanks around words do not matter", () => {
  const read = Rule.read(
    parseXml("<Rule>\n<Tag><Key/></Tag> <Status> Disabled\n</Status><Quiet> FALSE </Quiet></Rule>"),
  );
  expect(read).toEqual({
    ID: undefined,
    Status: "Disabled",
    Days: undefined,
    Quiet: false,
    Tag: [{ Key: "" }],
  });
});

test("what is absent is not written", () => {
  const rule = { ...RULE, ID: undefined, Days: undefined, Quiet: undefined, Tag: [] };
  expect(writeXml(["Rule", Rule.write(rule)])).toBe("<Rule><Status>Enabled</Status></Rule>");
});

test.for([
  { inner: "", because: "a required child is missing" },
  {
    inner: "<Status>Enabled</Status><Status>Enabled</Status>",
    because: "a required child occurs twice",
  },
  { inner: "<Status>Enabled</Status><ID/><ID/>", because: "an optional child occurs twice" },
  { inner: "<Status>Enabled</Status><Other/>", because: "a child is unknown" },
  {
    inner: "<Status>Enabled</Status><constructor/>",
    because: "a child is named as a property of every object",
  },
  { inner: "<Status>enabled</Status>", because: "a word is not in the set" },
  { inner: "<Status>Enabled</Status><Days>1.5</Days>", because: "a number is not whole" },
  { inner: "<Status>Enabled</Status><Days></Days>", because: "a number is empty" },
  {
    inner: "<Status>Enabled</Status><Days>9999999999999999</Days>",
    because: "a number is not exact",
  },
  { inner: "<Status>Enabled</Status><Quiet>1</Quiet>", because: "a boolean is a number" },
  { inner: "<Status>Enabled</Status><ID><b/></ID>", because: "text holds elements" },
  { inner: "<Status>Enabled</Status><Tag>text</Tag>", because: "an element holds text" },
])("refused: $because", ({ inner }) => {
  expect(() => Rule.read(parseXml(`<Rule>${inner}</Rule>`))).toThrow(XmlSyntaxError);
});
