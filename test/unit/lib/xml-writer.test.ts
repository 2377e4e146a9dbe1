import { expect, test } from "vitest";
import { parseXml } from "../../../src/lib/xml-reader.ts";
import { writeXml } from "../../../src/lib/xml-writer.ts";
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
