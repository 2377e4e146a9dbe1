import { expect, test } from "vitest";
import { fetchableUrl } from "../../../../src/domain/oidc/issuer-url.ts";

const OUTSIDE = [
  "https://token.actions.githubusercontent.com",
  "https://example.com:8443/realms/a?b=c",
  "https://8.8.8.8/",
  "https://[2606:4700::1111]/",
  "https://localhost.example.com/",
];
const INSIDE = [
  ...[
    "https://localhost/",
    "https://LOCALHOST:8443/",
    "https://a.localhost/",
    "https://localhost./",
  ],
  ...["https://127.0.0.1/", "https://127.1/", "https://0x7f000001/", "https://2130706433/"],
  ...[
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://172.31.255.255/",
    "https://192.168.1.1/",
  ],
  ...["https://169.254.169.254/latest/meta-data/", "https://0.0.0.0/", "https://100.64.0.1/"],
  ...["https://[::1]/", "https://[::]/", "https://[fe80::1]/", "https://[fd00::1]/"],
  ...["https://[::ffff:127.0.0.1]/", "https://[::ffff:a9fe:a9fe]/", "https://[64:ff9b::7f00:1]/"],
  ...["https://metadata.google.internal/", "https://printer.local/", "https://intranet/"],
];
const NEVER = [
  ...["", "example.com", "ftp://example.com/", "file:///etc/passwd", "data:application/json,{}"],
  ...["https://user:secret@example.com/", "https://example.com/#fragment", "https://", "//a.b/"],
];

test.for(OUTSIDE)("a deployment fetches %s", (url) => {
  expect(fetchableUrl(url, false)?.protocol).toBe("https:");
});

test.for(INSIDE)("a deployment does not fetch %s, the local server does", (url) => {
  expect(fetchableUrl(url, false)).toBeUndefined();
  expect(fetchableUrl(url, true)?.protocol).toBe("https:");
});

test.for(NEVER)("nobody fetches %j", (url) => {
  expect(fetchableUrl(url, false)).toBeUndefined();
  expect(fetchableUrl(url, true)).toBeUndefined();
});

test("without encryption the local server alone fetches, and only what is near", () => {
  const url = "http://localhost:8080/auth/realms/demo";
  expect(fetchableUrl(url, false)).toBeUndefined();
  expect(fetchableUrl("http://example.com/", false)).toBeUndefined();
  expect(fetchableUrl("http://example.com/", true)).toBeUndefined();
  expect(fetchableUrl(url, true)?.href).toBe(url);
});
