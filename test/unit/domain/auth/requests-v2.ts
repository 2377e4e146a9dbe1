import { createHmac } from "node:crypto";
import { ACCESS_KEY_ID, NOW_MS, type RequestParts, s3Request, SECRET } from "./requests.ts";

export const DATE = "Mon, 23 Nov 2026 05:00:00 GMT";
export const EXPIRES = String(NOW_MS / 1000 + 600);

export function signature(stringToSign: string, secret = SECRET): string {
  return createHmac("sha1", secret).update(stringToSign).digest("base64");
}

export function byHeader(stringToSign: string, parts: RequestParts = {}, key = ACCESS_KEY_ID) {
  const headers = new Headers(parts.headers);
  headers.set("authorization", `AWS ${key}:${signature(stringToSign)}`);
  return s3Request({ ...parts, headers });
}

export function byUrl(stringToSign: string, parts: RequestParts = {}, expires = EXPIRES) {
  const { target = "/bucket/key" } = parts;
  const parameters = new URLSearchParams({
    AWSAccessKeyId: ACCESS_KEY_ID,
    Signature: signature(stringToSign),
    Expires: expires,
  });
  const separator = target.includes("?") ? "&" : "?";
  return s3Request({ ...parts, target: `${target}${separator}${parameters.toString()}` });
}
