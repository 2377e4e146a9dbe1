import { describe, expect, test } from "vitest";
import { FileEnd } from "../../../src/protocol/form/file-end.ts";
import { boundaryOf, type FormHead, FormHeadReader } from "../../../src/protocol/form/form-head.ts";
import { partNamed } from "../../../src/protocol/form/form-part.ts";
import { atRandom } from "../../support/campaign.ts";
import { expectLinear } from "../../support/hostile.ts";
import { pick, seededRandom } from "../../support/seeded-random.ts";

interface Form {
  readonly fields: readonly { readonly name: string; readonly value: string }[];
  readonly fileName: string | undefined;
  readonly file: Buffer;
}

/** Reads a form in pieces of the sizes that `nextBytes` tells; each piece is overwritten when the next is asked for. */
function read(form: Buffer, boundary: string, nextBytes: () => number): Form {
  const head = new FormHeadReader(boundary);
  let found: FormHead | undefined;
  let end: FileEnd | undefined;
  const file: Buffer[] = [];
  for (let at = 0, sizeBytes = 0; at < form.byteLength; at += sizeBytes) {
    sizeBytes = nextBytes();
    const piece = Buffer.from(form.subarray(at, at + sizeBytes));
    if (end === undefined) {
      found = head.push(piece);
      if (found !== undefined) {
        end = new FileEnd(found.delimiter);
        file.push(Buffer.from(end.push(found.rest)));
      }
    } else file.push(Buffer.from(end.push(piece)));
    piece.fill(0);
  }
  if (found === undefined || end === undefined) return head.end();
  expect(end.hasEnded).toBe(true);
  return { fields: found.fields, fileName: found.fileName, file: Buffer.concat(file) };
}

/** Values of few different characters, so that beginnings of boundaries are common. */
function randomBytes(random: (bound: number) => number, boundary: string): string {
  const units = ["\r", "\n", "-", "--", "a", "\r\n", `--${boundary.slice(0, -1)}`, "ü"];
  return Array.from({ length: random(8) }, () => pick(random, units)).join("");
}

const RUNS = atRandom({ test: 400, campaign: 40_000 });

describe("a form", () => {
  test("is the same however it comes", () => {
    const random = seededRandom(20_261_126);
    for (let run = 0; run < RUNS; run += 1) {
      const newline = pick(random, ["\r\n", "\n"]);
      const boundary = "-".repeat(random(3)) + "b".repeat(1 + random(69));
      const fields = Array.from({ length: random(4) }, (_, at) => ({
        name: `field-${at}`,
        value: randomBytes(random, boundary),
      }));
      const fileName = [undefined, "a;b.txt", ""][random(3)];
      const file = Buffer.from(randomBytes(random, boundary));
      const part = (disposition: string, value: string | Buffer) =>
        `--${boundary}${newline}content-disposition: form-data; ${disposition}${newline}X: y${newline}${newline}${value.toString()}${newline}`;
      const named = fileName === undefined ? "" : `; filename="${fileName}"`;
      const text = [
        pick(random, ["", `preamble--${boundary}${newline}`, newline]),
        ...fields.map(({ name, value }) => part(`name="${name}"`, value)),
        part(`name=file${named}`, file),
        `--${boundary}--`,
        randomBytes(random, boundary),
      ].join("");
      const whole = { fields, fileName, file };
      const longest = pick(random, [1, 3, 50, 10_000]);
      expect(read(Buffer.from(text), boundary, () => 1 + random(longest))).toEqual(whole);
    }
  });

  test.for([
    ["multipart/form-data; boundary=abc", "abc"],
    ['multipart/form-data; charset=utf-8; Boundary="a b:c"', "a b:c"],
    [`multipart/form-data;boundary=${"a".repeat(70)}`, "a".repeat(70)],
  ] as const)("of the type %s has the boundary %s", ([type, boundary]) => {
    expect(boundaryOf(type)).toBe(boundary);
  });

  test.for(["", "; boundary", "; boundary=", '; boundary=""', `; boundary=${"a".repeat(71)}`])(
    "of the type multipart/form-data%s has no boundary",
    (parameters) => {
      expect(() => boundaryOf(`multipart/form-data${parameters}`)).toThrow("not well-formed");
    },
  );

  test.for([
    ["name only", 'form-data; name="a"', { name: "a", fileName: undefined }],
    [
      "what stands in quotes",
      'form-data; name="a;b=\\"c\\""; filename="d\\e"',
      { name: 'a;b="c"', fileName: "d\\e" },
    ],
    ["no quotes", "form-data ;name=a ; FileName=b", { name: "a", fileName: "b" }],
    ["the first of two", 'form-data; name="a"; name="b"', { name: "a", fileName: undefined }],
    ["no name", 'form-data; filename="a"', undefined],
    ["a quote that does not end", 'form-data; name="a', { name: "", fileName: undefined }],
  ] as const)("says of a part %s", ([, disposition, part]) => {
    expect(partNamed(`Content-Disposition: ${disposition}`)).toEqual(part);
  });

  test.for([
    ["nothing", ""],
    ["no boundary", "a=b"],
    ["half a head", "--b\r\nContent-Disposition: form-data; name=a\r\n"],
    ["a part without a name", "--b\r\n\r\nvalue\r\n--b--"],
    [
      "a value that is no UTF-8",
      "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n\u00ff\r\n--b\r\n",
    ],
  ] as const)("is none with %s", ([, text]) => {
    expect(() => read(Buffer.from(text, "latin1"), "b", () => 7)).toThrow("not well-formed");
  });

  test("has a file", () => {
    const text = "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--b--";
    for (const end of ["", "\r\n", "\r\nmore"])
      expect(() => read(Buffer.from(text + end), "b", () => 7)).toThrow("exactly one file");
  });

  test("has its file within the first 20 KB", () => {
    const form = (length: number) =>
      Buffer.from(
        `${"a".repeat(length)}\n--b\nContent-Disposition: form-data; name=file\n\nfile\n--b--`,
      );
    const headBytes = form(0).byteLength - "file\n--b--".length;
    expect(read(form(20_480 - headBytes), "b", () => 5000).file.toString()).toBe("file");
    expect(() => read(form(20_481 - headBytes), "b", () => 5000)).toThrow("too large");
    expect(() => read(Buffer.alloc(30_000, "a"), "b", () => 30_000)).toThrow("too large");
  });
});

test("what nearly ends a form is read in a time that grows no faster than it does", () => {
  const boundary = `${"-".repeat(60)}0123456789`;
  const nearly = `\r\n--${boundary.slice(0, -1)}`;
  const units = ["\r", "\r\n", "\n", "-", "\r\n-", nearly, nearly.slice(2), "--", ';a="', '\\"'];
  const texts = units.map((unit) => unit.repeat(60_000 / unit.length));
  const inPieces = (text: string, push: (piece: Buffer) => unknown) => () => {
    for (let at = 0; at < text.length; at += 100) push(Buffer.from(text.slice(at, at + 100)));
  };
  expectLinear((text) => {
    const end = new FileEnd(Buffer.from(`\r\n--${boundary}`));
    return inPieces(text, (piece) => end.push(piece));
  }, texts);
  expectLinear((text) => {
    const reader = new FormHeadReader(boundary);
    return inPieces(text, (piece) => reader.push(piece));
  }, texts);
  expectLinear((text) => () => partNamed(`content-disposition: form-data${text}`), texts);
});
