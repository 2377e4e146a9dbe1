import { expect, test } from "vitest";
import { object, one, text } from "../../../src/lib/xml-shape.ts";
import { S3Error } from "../../../src/protocol/errors.ts";
import { readXml } from "../../../src/protocol/read-xml.ts";

const Delete = object({ Key: one(text) });
const bytesOf = (document: string) => new TextEncoder().encode(document);

test("bytes or text, with or without S3's namespace, are read the same", () => {
  const document = '<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Key>é</Key></Delete>';
  expect(readXml(bytesOf(document), "Delete", Delete)).toEqual({ Key: "é" });
  expect(readXml("<Delete><Key>é</Key></Delete>", "Delete", Delete)).toEqual({ Key: "é" });
});

test.for([
  { document: bytesOf("<Delete><Key>"), because: "cut short" },
  { document: bytesOf("<Other><Key/></Other>"), because: "of another root" },
  { document: bytesOf("<Delete/>"), because: "of another shape" },
  {
    document: Uint8Array.from([...bytesOf("<Delete><Key>"), 0xff, ...bytesOf("</Key></Delete>")]),
    because: "not UTF-8",
  },
])("MalformedXML when the document is $because", ({ document }) => {
  expect(() => readXml(document, "Delete", Delete)).toThrow(new S3Error("MalformedXML"));
});

test("no document at all is MissingRequestBodyError", () => {
  const failure = new S3Error("MissingRequestBodyError");
  expect(() => readXml(bytesOf(""), "Delete", Delete)).toThrow(failure);
});

test("a failure that is not the document's is not MalformedXML", () => {
  const failure = new RangeError("a bug");
  const broken = {
    ...Delete,
    read(): never {
      throw failure;
    },
  };
  expect(() => readXml("<Delete/>", "Delete", broken)).toThrow(failure);
});
