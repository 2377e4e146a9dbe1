import { expect, test } from "vitest";
import { superLinearTexts } from "../../../scripts/linear-patterns.ts";

test.for([
  String.raw`^\s*(\S+):\s*(\S*)\s*$`,
  String.raw`^\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*$`,
  String.raw`\s+$`,
  "^(a+)+$",
])("the linter refuses /%s/, which takes more than linear time", (pattern) => {
  expect(superLinearTexts(pattern, "")).not.toEqual([]);
});

test.for([String.raw`^\s*bytes\s*=\s*(?:(\d+)\s*)?-\s*(?:(\d+)\s*)?$`, String.raw`:\d+$`])(
  "the linter takes /%s/, which is linear",
  (pattern) => {
    expect(superLinearTexts(pattern, "")).toEqual([]);
  },
);
