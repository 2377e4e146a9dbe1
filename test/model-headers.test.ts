import { beforeAll, expect, test } from "vitest";
import differencesMd from "../docs/differences.md?raw";
import { leastRequest, modelRoute } from "../scripts/operations-document.ts";
import { ROUTES } from "../src/operations/registry.ts";
import model from "./model/s3-operations.json" with { type: "json" };
import { elements, putObject, signedFetch } from "./support/client.ts";
import { rule } from "./support/lifecycle.ts";
import { completionOf, createUpload, putPart } from "./support/multipart.ts";
import { lockedBucket } from "./support/object-lock.ts";

type ModelOperation = (typeof model.operations)[number];
type Headers = Readonly<Record<string, string>>;

const built = model.operations.filter(
  (operation) => ROUTES[modelRoute(operation)]?.name === operation.name,
);

const amzHeaders = (operation: ModelOperation): string[] =>
  operation.headers.filter((name) => name.startsWith("x-amz-"));

/** Ignored wherever they may be sent; docs/differences.md says of each why. */
const IGNORED = new Set(["x-amz-bucket-object-lock-token", "x-amz-mfa", "x-amz-request-payer"]);

/** Obeyed, and taken at any value: `object-retention`, `bucket-policy`, and `notifications` in test/operations try what they do. */
const TAKEN_AT_ANY_VALUE = new Set([
  "x-amz-bypass-governance-retention",
  "x-amz-confirm-remove-self-bucket-access",
  "x-amz-skip-destination-validation",
]);

const PAST = "Wed, 01 Jan 2020 00:00:00 GMT";
const NOW = "now";
const CUSTOMERS_KEY = {
  "x-amz-server-side-encryption-customer-algorithm": "AES256",
  "x-amz-server-side-encryption-customer-key": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
  "x-amz-server-side-encryption-customer-key-MD5": "hRasmdxgYDKV3nvbahU1MA==",
};

/** A value that changes the answer of whatever obeys or refuses the header, where `fake` does not. */
const HOSTILE: Readonly<Record<string, string>> = {
  "x-amz-client-token": "x".repeat(1000),
  "x-amz-copy-source-if-modified-since": NOW,
  "x-amz-copy-source-if-none-match": "*",
  "x-amz-copy-source-if-unmodified-since": PAST,
  "x-amz-rename-source-if-modified-since": NOW,
  "x-amz-rename-source-if-none-match": "*",
  "x-amz-rename-source-if-unmodified-since": PAST,
  "x-amz-tagging": "a=1&a=2",
};

const CHECKSUM_OF_BODY = { "x-amz-checksum-crc32": "26gLsg==" };
const WITH_CHECKSUM = {
  "x-amz-checksum-algorithm": "CRC32",
  "x-amz-checksum-type": "FULL_OBJECT",
};

let bucket: string;
beforeAll(async () => {
  bucket = await lockedBucket();
});

test.for(built)("$name obeys, refuses, or is said to ignore each header", async (operation) => {
  const plain = await outcomeOf(operation, {});
  for (const name of amzHeaders(operation)) {
    if (TAKEN_AT_ANY_VALUE.has(name)) continue;
    const headers = name in CUSTOMERS_KEY ? CUSTOMERS_KEY : { [name]: hostileValue(name) };
    const outcome = await outcomeOf(operation, headers);
    if (IGNORED.has(name)) expect(outcome, name).toEqual(plain);
    else expect(outcome, name).not.toEqual(plain);
    expect(outcome.status, `${name} ${outcome.message}`).not.toBe(500);
    if (outcome.code === "NotImplemented") expect(outcome.header, name).toBeDefined();
  }
});

test.for([...IGNORED])("docs/differences.md says why %s is ignored", (name) => {
  expect(differencesMd).toContain(`\`${name}\``);
});

function hostileValue(name: string): string {
  const value = HOSTILE[name] ?? "fake";
  return value === NOW ? new Date().toUTCString() : value;
}

interface Outcome {
  readonly status: number;
  readonly code: string | undefined;
  readonly message: string | undefined;
  readonly header: string | undefined;
}

/** What the least request that an operation grants is answered when it has these headers as well. */
async function outcomeOf(operation: ModelOperation, headers: Headers): Promise<Outcome> {
  const response = await send(operation, headers);
  const document = await response.text();
  const [code] = elements(document, "Code");
  const [message] = elements(document, "Message");
  const [header] = elements(document, "Header");
  return { status: response.status, code, message, header };
}

async function send(operation: ModelOperation, headers: Headers): Promise<Response> {
  const { name, method, uri, required, query } = operation;
  const { path, parameters } = leastRequest(uri, required, query);
  const source = `${name}.source`;
  if (required.some((member) => member.endsWith("Source"))) await putObject(bucket, source, "body");
  if (path.includes("{Key")) {
    await putObject(bucket, name, "body", CHECKSUM_OF_BODY);
    if (parameters.has("annotationName"))
      await signedFetch("PUT", `/${bucket}/${name}`, {
        query: { annotation: "", annotationName: parameters.get("annotationName") ?? "" },
        headers: CHECKSUM_OF_BODY,
        body: "body",
      });
  }
  let body = method === "PUT" || method === "POST" ? (BODIES[name] ?? "body") : undefined;
  if (parameters.has("uploadId")) {
    const uploadId = await createUpload(bucket, name, WITH_CHECKSUM);
    parameters.set("uploadId", uploadId);
    if (name === "CompleteMultipartUpload")
      body = completionOf([await putPart(bucket, name, uploadId, 1, "body")]);
  }
  const target = path.replace("{Bucket}", bucket).replace("{Key+}", name);
  return signedFetch(method, target, {
    query: Object.fromEntries(parameters),
    headers: {
      ...(required.includes("CopySource") && { "x-amz-copy-source": `${bucket}/${source}` }),
      ...(required.includes("RenameSource") && { "x-amz-rename-source": source }),
      ...(required.includes("ObjectAttributes") && { "x-amz-object-attributes": "ETag" }),
      ...headers,
    },
    ...(body !== undefined && { body }),
  });
}

/** Bodies of requests that would be refused before their headers are looked at, or for another reason. */
const BODIES: Readonly<Record<string, string>> = {
  CreateBucket: "",
  PutBucketLifecycleConfiguration: `<LifecycleConfiguration>${rule("<Expiration><Days>1</Days></Expiration>", "<Filter/>", "r", "Disabled")}</LifecycleConfiguration>`,
};
