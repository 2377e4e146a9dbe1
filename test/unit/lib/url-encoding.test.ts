import { expect, test } from "vitest";
import { urlEncode } from "../../../src/lib/url-encoding.ts";
import { randomText, seededRandom } from "../../support/seeded-random.ts";

test.for([
  ["test_file(3).png", "test_file%283%29.png"],
  ["quux ab/thud", "quux%20ab/thud"],
  ["a+b&c=d%2F", "a%2Bb%26c%3Dd%252F"],
  ["한글/x.txt", "%ED%95%9C%EA%B8%80/x.txt"],
  ["-_.*~!'", "-_.*%7E%21%27"],
  ["\u0001\r\n", "%01%0D%0A"],
] as const)("%j is written %s", ([text, encoded]) => {
  expect(urlEncode(text)).toBe(encoded);
});

test("percent decoders and form decoders both read it back", () => {
  const random = seededRandom(8);
  for (let round = 0; round < 2000; round++) {
    const text = `${randomText(random)} +%${randomText(random)}`;
    expect(decodeURIComponent(urlEncode(text))).toBe(text);
    expect(new URLSearchParams(`a=${urlEncode(text)}`).get("a")).toBe(text);
  }
});
