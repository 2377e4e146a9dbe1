import { expect, test } from "vitest";
import wrangler from "../../wrangler.toml?raw";

/**
 * The cache's key has neither host nor Authorization: in front of the entrypoint that clients reach, it would answer one bucket's
 * objects for another's, and private ones to anybody.
 */
test("no entrypoint but PublicObject has a cache in front of it, least of all the default one", () => {
  const settings = wrangler.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const ofCaches = settings.filter((line) => /\bcache\b|\bdefault\b|^\[+env\b/i.test(line));
  expect(ofCaches).toEqual(["cache = { enabled = true }"]);
  const at = settings.indexOf("[exports.PublicObject]");
  expect(settings.slice(at + 1, at + 3)).toEqual(['type = "worker"', ...ofCaches]);
});
