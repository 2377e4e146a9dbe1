import { expect, test } from "vitest";
import { encodeRfc2047 } from "../../../src/lib/rfc2047.ts";

test.for([
  { text: "plain text_=?\t~", encoded: "plain text_=?\t~", because: "ASCII stays" },
  { text: "", encoded: "", because: "nothing stays" },
  {
    text: "ÄMÄZÕÑ S3",
    encoded: "=?UTF-8?Q?=C3=84M=C3=84Z=C3=95=C3=91_S3?=",
    because: "letters print",
  },
  { text: "é _=?", encoded: "=?UTF-8?Q?=C3=A9_=5F=3D=3F?=", because: "Q's own signs are quoted" },
  // AWS's example in the user guide: the same name, its UTF-8 bytes taken for characters.
  {
    text: "Ã\u0084MÃ\u0084ZÃ\u0095Ã\u0091 S3",
    encoded: "=?UTF-8?B?w4PChE3Dg8KEWsODwpXDg8KRIFMz?=",
    because: "controls do not print",
  },
])("$because", ({ text, encoded }) => {
  expect(encodeRfc2047(text)).toBe(encoded);
});
