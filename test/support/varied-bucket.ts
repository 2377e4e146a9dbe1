import { createHash, randomBytes } from "node:crypto";
import { buffer, text } from "node:stream/consumers";
import { RefusedError, type SignedRequests } from "../../cli/maintenance/signed-requests.ts";

export const LARGE = randomBytes(70_000);
const CUSTOMER_KEY = randomBytes(32);

export const customerKeyHeaders = {
  "x-amz-server-side-encryption-customer-algorithm": "AES256",
  "x-amz-server-side-encryption-customer-key": CUSTOMER_KEY.toString("base64"),
  "x-amz-server-side-encryption-customer-key-md5": createHash("md5")
    .update(CUSTOMER_KEY)
    .digest("base64"),
};

/** Fills a bucket with one of everything that a bucket may hold, and configures it. */
export async function fillVariedBucket(requests: SignedRequests, bucket: string): Promise<void> {
  const at = (key: string): string => `/${bucket}/${key}`;
  const put = (key: string, body: Uint8Array | string, headers: Record<string, string> = {}) =>
    requests.done("PUT", at(key), {
      body: Buffer.from(body),
      headers: { ...headers, "content-md5": createHash("md5").update(body).digest("base64") },
    });
  await requests.done("PUT", `/${bucket}`, {
    headers: { "x-amz-bucket-object-lock-enabled": "true" },
  });
  await put("small", "one");
  await put("small", "two", { "x-amz-meta-color": "blue", "content-type": "text/plain" });
  await put("small", "three", { "x-amz-tagging": "a=b&c=d" });
  await put("empty", "");
  await put("a key/with spaces & ünïcode%2F".split("/").map(encodeURIComponent).join("/"), "odd");
  await put("large", LARGE, { "x-amz-checksum-algorithm": "CRC32" });
  await put("large", randomBytes(80_000));
  await requests.done("PUT", at("copied"), {
    headers: { "x-amz-copy-source": `${bucket}/large` },
  });
  await put("deleted", "gone");
  await requests.done("DELETE", at("deleted"));
  await put("under/kms", LARGE, { "x-amz-server-side-encryption": "aws:kms" });
  await put("under/kms-small", "inline", { "x-amz-server-side-encryption": "aws:kms" });
  await put("under/twice", LARGE, { "x-amz-server-side-encryption": "aws:kms:dsse" });
  await put("under/s3", LARGE, { "x-amz-server-side-encryption": "AES256" });
  await put("under/customer", LARGE, customerKeyHeaders);
  await put("under/customer-small", "inline", customerKeyHeaders);
  await putParts(requests, at("parts"), [randomBytes(5 * 1024 * 1024), LARGE]);
  await putParts(requests, at("parts-kms"), [LARGE], KMS);
  await requests.done("PUT", at("parts-copied"), {
    headers: { "x-amz-copy-source": `${bucket}/parts` },
  });
  await put("appended", LARGE);
  await put("appended", "tail", { "x-amz-write-offset-bytes": String(LARGE.length) });
  await put("held", "held", { "x-amz-object-lock-legal-hold": "ON" });
  await put("open", "open", { "x-amz-acl": "public-read" });
  await put("annotated", "annotated");
  for (const name of ["first", "second", "third", "fourth", "fifth"])
    await requests.done("PUT", at("annotated"), {
      query: { annotation: "", annotationName: name },
      body: Buffer.from(`payload of ${name}`),
    });
  await beginUploads(requests, bucket);
  await configure(requests, bucket);
}

const KMS = { "x-amz-server-side-encryption": "aws:kms" };

/** Uploads under way: of bytes, of copies, and encrypted, with an object of their key. */
async function beginUploads(requests: SignedRequests, bucket: string): Promise<void> {
  const headersOf: Readonly<Record<string, Record<string, string>>> = {
    "begun/nothing": { "x-amz-meta-color": "red", "x-amz-tagging": "a=b" },
    "begun/plain": { "content-type": "text/plain" },
    "begun/kms": KMS,
    "under/customer": customerKeyHeaders,
  };
  for (const [key, headers] of Object.entries(headersOf)) {
    const path = `/${bucket}/${key}`;
    const uploadId = await beginUpload(requests, path, headers);
    if (key === "begun/nothing") continue;
    const ofParts = key === "under/customer" ? headers : {};
    await requests.done("PUT", path, {
      query: { partNumber: "1", uploadId },
      headers: { "x-amz-copy-source": `${bucket}/parts`, ...ofParts },
    });
    await requests.done("PUT", path, {
      query: { partNumber: "7", uploadId },
      headers: ofParts,
      body: LARGE,
    });
  }
}

/** The uploads that are under way, and what became of them when each was completed: MD5s of bytes by key. */
export async function completeUploads(
  requests: SignedRequests,
  bucket: string,
): Promise<Readonly<Record<string, string>>> {
  const made: Record<string, string> = {};
  const listing = await text(
    await requests.send("GET", `/${bucket}`, { query: { uploads: "", prefix: "" } }),
  );
  for (const [, element = ""] of listing.matchAll(/<Upload>(.*?)<\/Upload>/gs)) {
    const [, key = ""] = /<Key>(.*?)<\/Key>/.exec(element) ?? [];
    const [, uploadId = ""] = /<UploadId>(.*?)<\/UploadId>/.exec(element) ?? [];
    if (key === "begun/nothing") continue;
    const headers = key === "under/customer" ? customerKeyHeaders : {};
    const path = `/${bucket}/${key}`;
    const parts = await text(await requests.send("GET", path, { query: { uploadId } }));
    const listed = [...parts.matchAll(/<PartNumber>(\d+)<.*?<ETag>(.*?)<\/ETag>/gs)].map(
      ([, number, etag]) => `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`,
    );
    const document = `<CompleteMultipartUpload>${listed.join("")}</CompleteMultipartUpload>`;
    await requests.done("POST", path, {
      query: { uploadId },
      headers,
      body: Buffer.from(document),
    });
    const bytes = await buffer(await requests.send("GET", path, { headers }));
    made[key] = createHash("md5").update(bytes).digest("hex");
  }
  return made;
}

async function beginUpload(
  requests: SignedRequests,
  path: string,
  headers: Record<string, string>,
): Promise<string> {
  const begun = await text(await requests.send("POST", path, { query: { uploads: "" }, headers }));
  const [, uploadId = ""] = /<UploadId>(.*?)<\/UploadId>/.exec(begun) ?? [];
  return uploadId;
}

async function putParts(
  requests: SignedRequests,
  path: string,
  bodies: readonly Uint8Array[],
  headers: Record<string, string> = {},
): Promise<void> {
  const uploadId = await beginUpload(requests, path, headers);
  const parts: string[] = [];
  for (const [i, body] of bodies.entries()) {
    const query = { partNumber: String(i + 1), uploadId };
    const { headers: told } = await requests.done("PUT", path, { query, body });
    parts.push(`<Part><PartNumber>${i + 1}</PartNumber><ETag>${told.etag}</ETag></Part>`);
  }
  const document = `<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`;
  await requests.done("POST", path, { query: { uploadId }, body: Buffer.from(document) });
}

const DOCUMENTS: Readonly<Record<string, string>> = {
  tagging: "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>",
  cors: "<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin></CORSRule></CORSConfiguration>",
  lifecycle:
    "<LifecycleConfiguration><Rule><ID>r</ID><Status>Enabled</Status><Filter><Prefix>tmp/</Prefix></Filter><Expiration><Days>9</Days></Expiration></Rule></LifecycleConfiguration>",
};

async function configure(requests: SignedRequests, bucket: string): Promise<void> {
  for (const [subresource, document] of Object.entries(DOCUMENTS)) {
    const body = Buffer.from(document);
    const headers = { "content-md5": createHash("md5").update(body).digest("base64") };
    await requests.done("PUT", `/${bucket}`, { query: { [subresource]: "" }, body, headers });
  }
}

/** Headers that tell nothing of the object. */
const OF_THE_ANSWER = new Set([
  ...["date", "x-amz-request-id", "x-amz-id-2", "connection", "keep-alive", "transfer-encoding"],
]);

/** Everything that a client can see of a bucket, with its name left out. */
export async function visible(requests: SignedRequests, bucket: string): Promise<object> {
  const get = async (path: string, query: Record<string, string> = {}): Promise<string> =>
    nameless(await text(await requests.send("GET", path, { query })), bucket);
  const listing = await get(`/${bucket}`, { versions: "" });
  const versions: Record<string, object> = {};
  for (const [, element = ""] of listing.matchAll(/<Version>(.*?)<\/Version>/gs)) {
    const [, key = ""] = /<Key>(.*?)<\/Key>/.exec(element) ?? [];
    const [, versionId = ""] = /<VersionId>(.*?)<\/VersionId>/.exec(element) ?? [];
    const path = `/${bucket}/${key.replaceAll("&amp;", "&").split("/").map(encodeURIComponent).join("/")}`;
    const headers = key.startsWith("under/customer") ? customerKeyHeaders : {};
    const options = {
      query: { versionId },
      headers: { ...headers, "x-amz-checksum-mode": "ENABLED" },
    };
    const answer = await requests.send("GET", path, options);
    const bytes = await buffer(answer);
    const part = await requests
      .send("GET", path, { ...options, query: { versionId, partNumber: "1" } })
      .then(buffer);
    versions[`${key} ${versionId}`] = {
      md5: createHash("md5").update(bytes).digest("hex"),
      firstPart: createHash("md5").update(part).digest("hex"),
      headers: Object.fromEntries(
        Object.entries(answer.headers).filter(([name]) => !OF_THE_ANSWER.has(name)),
      ),
      acl: await get(path, { acl: "", versionId }),
      tagging: await get(path, { tagging: "", versionId }),
      annotations: key === "annotated" ? await annotations(get, path) : "",
    };
  }
  const uploads: string[] = [await get(`/${bucket}`, { uploads: "" })];
  for (const [, key = "", uploadId = ""] of uploads[0]?.matchAll(
    /<Key>(.*?)<\/Key><UploadId>(.*?)<\/UploadId>/gs,
  ) ?? [])
    uploads.push(await get(`/${bucket}/${key}`, { uploadId }));
  const documents: Record<string, string> = {};
  for (const name of ["acl", "versioning", "object-lock", ...Object.keys(DOCUMENTS)])
    documents[name] = await get(`/${bucket}`, { [name]: "" }).catch((error: unknown) => {
      if (error instanceof RefusedError) return error.code;
      throw error;
    });
  return { listing, versions, uploads, documents };
}

async function annotations(
  get: (path: string, query: Record<string, string>) => Promise<string>,
  path: string,
): Promise<readonly string[]> {
  return [
    await get(path, { annotations: "" }),
    await get(path, { annotation: "", annotationName: "fifth" }),
  ];
}

function nameless(document: string, bucket: string): string {
  return document.replaceAll(`<Name>${bucket}</Name>`, "").replaceAll(bucket, "BUCKET");
}
