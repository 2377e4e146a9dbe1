import { expect, test } from "vitest";
import { decodeBase64 } from "../../../src/lib/base64.ts";

test("padded base64 of the right length is decoded", () => {
  expect(decodeBase64("NhCmhg==", 4)).toEqual(Buffer.from([0x36, 0x10, 0xa6, 0x86]));
});

test.for([
  { text: "NhCmhg", because: "no padding" },
  { text: "NhCmhh==", because: "bits beyond the end" },
  { text: "NhCm hg==", because: "a space" },
  { text: "Nh-mhg==", because: "the URL alphabet" },
  { text: "NhCmhgA=", because: "five bytes" },
  { text: "", because: "nothing" },
])("refused: $because", ({ text }) => {
  expect(decodeBase64(text, 4)).toBeUndefined();
});
