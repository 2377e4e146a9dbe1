import { expect, test } from "vitest";
import { decodeRfc2047, encodeRfc2047 } from "../../../src/lib/rfc2047.ts";
import { expectLinear } from "../../support/hostile.ts";

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
  {
    text: "\ufffd\ufffd",
    encoded: "=?UTF-8?B?77+977+9?=",
    because: "what stands for unreadable bytes does not print",
  },
])("$because", ({ text, encoded }) => {
  expect(encodeRfc2047(text)).toBe(encoded);
});

test.for([
  { encoded: "plain =?", text: "plain =?", because: "no word" },
  { encoded: "=?UTF-8?Q?actually-ascii?=", text: "actually-ascii", because: "Q" },
  { encoded: "=?utf-8?q?=C3=84M=C3=84Z=C3=95=C3=91_S3?=", text: "ÄMÄZÕÑ S3", because: "q" },
  { encoded: "=?UTF-8?B?YWJj?=", text: "abc", because: "B" },
  { encoded: "=?UTF-8?B?YWI=?= =?UTF-8?B?Yw==?=", text: "abc", because: "two words" },
  { encoded: "=?UTF-8?B?=GGG?=", text: "\ufffda\ufffd", because: "padding before its place" },
  { encoded: "=?UTF-8?Q??=", text: "", because: "nothing in Q" },
  { encoded: "=?UTF-8?Q?a?= b", text: "=?UTF-8?Q?a?= b", because: "a word and other text" },
  { encoded: "=?UTF-8?X?a?=", text: "=?UTF-8?X?a?=", because: "an unknown encoding" },
  { encoded: "=?KOI8-R?Q?a?=", text: "=?KOI8-R?Q?a?=", because: "another character set" },
  { encoded: "=?UTF-8?Q?a?b?=", text: "=?UTF-8?Q?a?b?=", because: "a question mark in a word" },
  { encoded: "=?=", text: "=?=", because: "a word of three signs" },
])("$because is decoded as far as it is encoded: $encoded", ({ encoded, text }) => {
  expect(decodeRfc2047(encoded)).toBe(text);
});

test.for(["=", "?", "=?", " ", "_", "=41"])(
  "60,000 characters of %j are decoded at once",
  (sign) => {
    const content = sign.repeat(60_000 / sign.length);
    const words = ["Q", "B"].map((way) => `=?UTF-8?${way}?${content}x?=`);
    expectLinear((word) => () => decodeRfc2047(word), words);
  },
);
