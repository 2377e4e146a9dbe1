import { expect, test } from "vitest";
import { websiteBucketOf } from "../../../src/http/website-host.ts";

const settings = {
  websiteHostSuffix: "s3-website.example.com",
  websiteDomains: new Set(["www.example.org"]),
};

test.for([
  ["b.s3-website.example.com", "b"],
  ["B.S3-Website.Example.com:8787", "b"],
  ["a.b.s3-website.example.com", "a.b"],
  ["b.s3-website.eu-west-1.example.com", "b"],
  ["b.s3-website-eu-west-1.example.com:80", "b"],
  ["a.s3-website.b.s3-website-us-east-1.example.com", "a.s3-website.b"],
  ["www.example.org", "www.example.org"],
  ["www.example.org:443", "www.example.org"],
  ["s3-website.example.com", undefined],
  ["s3-website-eu-west-1.example.com", undefined],
  ["b.s3.example.com", undefined],
  ["b.s3-website.other.com", undefined],
  ["b.s3-websites.example.com", undefined],
  ["b.s3-website.eu.west.example.com", undefined],
  ["sub.www.example.org", undefined],
  ["example.com", undefined],
  [null, undefined],
] as const)("%s is the website of %s", ([host, bucket]) => {
  expect(websiteBucketOf(host, settings)).toBe(bucket);
});

test("a suffix of one's own has no regions", () => {
  const own = { websiteHostSuffix: "sites.example", websiteDomains: new Set<string>() };
  expect(websiteBucketOf("b.sites.example", own)).toBe("b");
  expect(websiteBucketOf("b.sites-eu.example", own)).toBe(undefined);
});

test("without either setting no host is a website's", () => {
  const none = { websiteHostSuffix: undefined, websiteDomains: new Set<string>() };
  expect(websiteBucketOf("b.s3-website.localhost", none)).toBe(undefined);
});
