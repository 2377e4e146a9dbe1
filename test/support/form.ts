import { createHmac } from "node:crypto";
import { env, exports } from "cloudflare:workers";
import { ENDPOINT } from "./client.ts";

export type Fields = readonly (readonly [name: string, value: string])[];

const BOUNDARY = "----LedgeFormBoundary0123456789";

interface FormOptions {
  readonly file?: string | Uint8Array;
  /** `filename="…"` of the file, as it is to stand there; undefined: it has none. */
  readonly fileName?: string | undefined;
  readonly newline?: string;
  readonly preamble?: string;
  /** What stands between the last boundary's name and the end. */
  readonly end?: string;
  /** Fields behind the file. */
  readonly behind?: Fields;
}

/** A form as browsers send it: the fields, and then the file. */
export function formBody(
  fields: Fields,
  { file, fileName, newline = "\r\n", preamble = "", end, behind = [] }: FormOptions = {},
): Buffer {
  const part = (disposition: string, value: string | Uint8Array) => [
    Buffer.from(`--${BOUNDARY}${newline}Content-Disposition: form-data; ${disposition}${newline}`),
    Buffer.from(newline),
    Buffer.from(value),
    Buffer.from(newline),
  ];
  const text = ([name, value]: Fields[number]) => part(`name="${name}"`, value);
  const named = fileName === undefined ? "" : `; filename="${fileName}"`;
  return Buffer.concat([
    Buffer.from(preamble),
    ...fields.flatMap(text),
    ...(file === undefined ? [] : part(`name="file"${named}`, file)),
    ...behind.flatMap(text),
    Buffer.from(`--${BOUNDARY}${end ?? `--${newline}`}`),
  ]);
}

/** @param bucket and perhaps a query */
export function formRequest(
  bucket: string,
  body: Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): Request {
  return new Request(`${ENDPOINT}/${bucket}`, {
    method: "POST",
    headers: {
      "content-type": `multipart/form-data; boundary=${BOUNDARY}`,
      "content-length": String(body.byteLength),
      host: new URL(ENDPOINT).host,
      ...headers,
    },
    body: Uint8Array.from(body),
    redirect: "manual",
  });
}

/** Sends a form to a bucket. */
export function sendForm(...given: Parameters<typeof formRequest>): Promise<Response> {
  return exports.default.fetch(formRequest(...given));
}

/** `{"expiration": …, "conditions": …}` in base64, with an hour to go. */
export function policyOf(conditions: readonly unknown[], expiresInMs = 3_600_000): string {
  const expiration = new Date(Date.now() + expiresInMs).toISOString();
  return encodePolicy({ expiration, conditions });
}

export function encodePolicy(policy: unknown): string {
  return Buffer.from(JSON.stringify(policy)).toString("base64");
}

const ROOT_KEYS = {
  accessKeyId: env.ROOT_ACCESS_KEY_ID,
  secretAccessKey: env.ROOT_SECRET_ACCESS_KEY,
};

/** The fields of a SigV2 signature of a policy. */
export function signedV2(
  policy: string,
  { accessKeyId, secretAccessKey } = ROOT_KEYS,
): [string, string][] {
  const signature = createHmac("sha1", secretAccessKey).update(policy).digest("base64");
  return [
    ["AWSAccessKeyId", accessKeyId],
    ["policy", policy],
    ["signature", signature],
  ];
}

/** What a SigV4 signature of today has in its fields; a policy has to name them. */
export function scopeV4(region = "us-east-1"): [string, string][] {
  const amzDate = new Date().toISOString().replace(/[-:]|\.\d{3}/g, "");
  const credential = `${env.ROOT_ACCESS_KEY_ID}/${amzDate.slice(0, 8)}/${region}/s3/aws4_request`;
  return [
    ["x-amz-algorithm", "AWS4-HMAC-SHA256"],
    ["x-amz-credential", credential],
    ["x-amz-date", amzDate],
  ];
}

/** The fields of a SigV4 signature of a policy that names those of `scope`. */
export function signedV4(policy: string, scope = scopeV4()): [string, string][] {
  const [date = "", region = ""] =
    Object.fromEntries(scope)["x-amz-credential"]?.split("/").slice(-4) ?? [];
  const key = [date, region, "s3", "aws4_request"].reduce<string | Buffer>(
    (key, text) => createHmac("sha256", key).update(text).digest(),
    `AWS4${env.ROOT_SECRET_ACCESS_KEY}`,
  );
  const signature = createHmac("sha256", key).update(policy).digest("hex");
  return [...scope, ["policy", policy], ["x-amz-signature", signature]];
}

/** The fields of a form that its policy allows just as they are, signed. */
export function allowedForm(
  bucket: string,
  fields: Fields,
  conditions: readonly unknown[] = [],
): Fields {
  const named = fields.map(([name, value]) => ({ [name]: value }));
  return [...fields, ...signedV2(policyOf([{ bucket }, ...named, ...conditions]))];
}
