import { expect, test } from "vitest";
import { parseXml } from "../../../src/lib/xml-reader.ts";
import { encodeXml, writeXml, xml, type XmlNode } from "../../../src/lib/xml-writer.ts";
import { seededRandom } from "../../support/seeded-random.ts";

test("strings, numbers, booleans, elements and attributes are written", () => {
  const content = [
    ["Name", "b"],
    ["Size", 5],
    ["IsTruncated", false],
    ["Absent", undefined],
    ["Empty", []],
    ["Owner", [["ID", "x"]], { "xsi:type": 'a"b' }],
  ] as const;
  expect(writeXml(["Root", content, { xmlns: "urn:x" }])).toBe(
    '<Root xmlns="urn:x"><Name>b</Name><Size>5</Size><IsTruncated>false</IsTruncated><Empty></Empty>' +
      '<Owner xsi:type="a&quot;b"><ID>x</ID></Owner></Root>',
  );
});

test("values in written elements are escaped, and elements in them are not", () => {
  const inner: XmlNode = ["ID", "<"];
  const node = xml`<A><B>${"<&>"}</B><C>${5}</C>${undefined}${inner}${xml`<D>${"é"}</D>`}</A>`;
  expect(writeXml(["Root", [node]])).toBe(
    "<Root><A><B>&lt;&amp;&gt;</B><C>5</C><ID>&lt;</ID><D>é</D></A></Root>",
  );
});

test("a document of any length is the bytes of its text", () => {
  function* nodes(count: number): Generator<XmlNode> {
    for (let i = 0; i < count; i += 1) yield ["Key", `中é\u{1f600}&${i}`];
  }
  for (const count of [0, 1, 300, 3000]) {
    const bytes = encodeXml("<?xml?>", ["Root", nodes(count), { xmlns: "urn:x" }]);
    const text = writeXml(["Root", nodes(count), { xmlns: "urn:x" }]);
    expect(new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes)).toBe(
      `<?xml?>${text}`,
    );
  }
  expect(new TextDecoder().decode(encodeXml("", ["A", "<"]))).toBe("<A>&lt;</A>");
});

test("markup is escaped", () => {
  expect(writeXml(["A", `<&>"'`])).toBe(`<A>&lt;&amp;&gt;&quot;'</A>`);
});

test("a carriage return and controls are character references, tab and line feed are themselves", () => {
  expect(writeXml(["A", "\t\n\r\0\u0001\u001f\uffff"])).toBe(
    "<A>\t\n&#xd;&#x0;&#x1;&#x1f;&#xffff;</A>",
  );
});

test("any text that XML can hold is read back as it was", () => {
  const random = seededRandom(5);
  const alphabet = [
    "<",
    "&",
    ">",
    '"',
    "'",
    "]]>",
    " ",
    "\t",
    "\n",
    "\r",
    "a",
    "é",
    "中",
    "\u{1f600}",
    "&amp;",
    "\u0085",
  ];
  for (let round = 0; round < 2000; round++) {
    const text = Array.from({ length: random(8) }, () => alphabet[random(alphabet.length)]).join(
      "",
    );
    expect(parseXml(writeXml(["A", text])).text).toBe(text);
  }
});
