import { hash } from "node:crypto";
import { writeXml } from "../../lib/xml-writer.ts";
import { deleteObject } from "../../operations/object/delete-object.ts";
import { deleteObjects } from "../../operations/bucket/delete-objects.ts";
import { abortMultipartUpload } from "../../operations/multipart/abort-multipart-upload.ts";
import { createMultipartUpload } from "../../operations/multipart/create-multipart-upload.ts";
import { uploadPart } from "../../operations/multipart/upload-part.ts";
import { encodeToken } from "../../protocol/continuation-token.ts";
import { S3Error } from "../../protocol/errors.ts";
import { quoteEtag, unquoteEtag } from "../../protocol/etag.ts";
import { parseRange, resolveRange } from "../../protocol/range.ts";
import { meets } from "../../protocol/r2/conditions.ts";
import {
  checksumHeadersOf,
  ssecHeaders,
  ssecMd5,
  uploadHeaders,
  wireObjectOf,
} from "../../protocol/r2/object-record.ts";
import type {
  WireFound,
  WireGetOptions,
  WireListOptions,
  WireObject,
  WirePage,
  WirePart,
  WirePutOptions,
  WireUpload,
  WireUploadAnswer,
  WireUploadOptions,
} from "../../protocol/r2/wire.ts";
import { UPLOAD_HEADER } from "../../protocol/r2/wire.ts";
import { entryName } from "../../storage/ports/bucket-index.ts";
import { toS3Error } from "../render-error.ts";
import {
  completeOperation,
  getOperation,
  headOperation,
  listOperation,
  putOperation,
} from "./bucket-operations.ts";
import { BucketRequests, type BucketServiceContext, checkKey } from "./bucket-requests.ts";

const MAX_KEYS = 1000;
/** With their metadata, each of which is a call of the index: Cloudflare lets a request make a thousand. */
const MAX_DESCRIBED = 100;
/** At a time. */
const DESCRIBED_AT_ONCE = 6;

// oxlint-disable-next-line no-control-regex -- the controls are what is looked for
const NO_XML = /[\0-\x1f\ufffe\uffff]/;

/** The methods of the entrypoint `BucketService`: R2's operations on the bucket of the binding. What S3 refuses is an S3Error. */
export class R2Calls {
  readonly #requests: BucketRequests;

  constructor(env: Cloudflare.Env, context: BucketServiceContext) {
    this.#requests = new BucketRequests(env, context);
  }

  async head(key: string): Promise<WireObject | null> {
    const object = await this.#find(key);
    return object && { ...object, range: { offset: 0, length: object.size } };
  }

  async #find(key: string): Promise<WireObject | null> {
    const found = Promise.withResolvers<WireObject>();
    const operation = headOperation((record) => found.resolve(wireObjectOf(record)));
    const response = await orNull(this.#requests.run(operation, { method: "HEAD", key }));
    return response === null ? null : found.promise;
  }

  async get(
    key: string,
    { onlyIf = {}, range, ssecKey }: WireGetOptions,
  ): Promise<WireFound | null> {
    let object: WireObject | undefined;
    const operation = getOperation((record) => {
      const spec = parseRange(range ?? null);
      const whole = { offset: 0, length: record.sizeBytes };
      const bytes = spec === undefined ? whole : resolveRange(spec, record.sizeBytes);
      object = wireObjectOf(record, { range: bytes, ssecKeyMd5: ssecMd5(ssecKey) });
      return meets(onlyIf, object);
    });
    const headers = new Headers(ssecHeaders(ssecKey));
    if (range !== undefined) headers.set("range", range);
    const response = await orNull(this.#requests.run(operation, { method: "GET", key, headers }));
    if (response === null || object === undefined) return null;
    if (response.status === 304) return { object };
    return { object, body: response.body ?? undefined };
  }

  async list(options: WireListOptions): Promise<WirePage> {
    const { limit = MAX_KEYS, prefix, cursor, delimiter, startAfter, hasMetadata } = options;
    if (!Number.isInteger(limit) || limit < 1 || limit > MAX_KEYS)
      throw new S3Error("InvalidArgument", {
        message: "MaxKeys params must be positive integer <= 1000.",
      });
    const most = hasMetadata === true ? Math.min(limit, MAX_DESCRIBED) : limit;
    const page: WirePage & { objects: WireObject[]; delimitedPrefixes: string[]; cursor?: string } =
      { objects: [], delimitedPrefixes: [] };
    const operation = listOperation(({ entries, isTruncated }) => {
      for (const entry of entries)
        if (entry.kind === "prefix") page.delimitedPrefixes.push(entry.prefix);
        else page.objects.push(wireObjectOf(entry.object));
      const last = entries.at(-1);
      if (isTruncated && last !== undefined) page.cursor = encodeToken(entryName(last));
    });
    const query = {
      "list-type": "2",
      "max-keys": String(most),
      ...(prefix !== undefined && { prefix }),
      ...(delimiter !== undefined && { delimiter }),
      ...(cursor !== undefined && { "continuation-token": cursor }),
      ...(startAfter !== undefined && { "start-after": startAfter }),
    };
    await this.#requests.run(operation, { method: "GET", query });
    return hasMetadata === true ? { ...page, objects: await this.#described(page.objects) } : page;
  }

  /** Those that are still there, with their metadata. */
  async #described(objects: readonly WireObject[]): Promise<WireObject[]> {
    const described: (WireObject | null)[] = [];
    for (let at = 0; at < objects.length; at += DESCRIBED_AT_ONCE) {
      const some = objects.slice(at, at + DESCRIBED_AT_ONCE);
      described.push(...(await Promise.all(some.map(({ key }) => this.#find(key)))));
    }
    return described.filter((object) => object !== null);
  }

  async delete(keys: readonly string[]): Promise<void> {
    if (keys.length > MAX_KEYS)
      throw new S3Error("MalformedXML", {
        message: `delete takes at most ${MAX_KEYS} keys at once.`,
      });
    // Of several, XML carries the names, and cannot carry all of them.
    if (keys.length < 2 || keys.some((key) => NO_XML.test(key))) {
      for (const key of keys) await this.#requests.run(deleteObject, { method: "DELETE", key });
      return;
    }
    for (const key of keys) checkKey(key);
    const named = keys.map((each) => ["Object", [["Key", each]]] as const);
    const response = await this.#requests.run(deleteObjects, {
      method: "POST",
      query: { delete: "" },
      ...documentOf(writeXml(["Delete", [["Quiet", true], ...named]])),
    });
    const failure = /<Code>(\w+)<\/Code>/.exec(await response.text())?.[1];
    if (failure !== undefined)
      throw new S3Error(failure === "AccessDenied" ? failure : "InternalError");
  }

  async createMultipartUpload(key: string, options: WireUploadOptions): Promise<string> {
    const headers = uploadHeaders(options);
    const response = await this.#requests.run(createMultipartUpload, {
      method: "POST",
      key,
      headers,
      query: { uploads: "" },
    });
    return /<UploadId>([^<]+)</.exec(await response.text())?.[1] ?? "";
  }

  async abortMultipartUpload(key: string, uploadId: string): Promise<void> {
    await this.#requests.run(abortMultipartUpload, { method: "DELETE", key, query: { uploadId } });
  }

  async completeMultipartUpload(
    key: string,
    uploadId: string,
    parts: readonly WirePart[],
  ): Promise<WireObject> {
    const listed = parts
      .toSorted((a, b) => a.partNumber - b.partNumber)
      .map(
        ({ partNumber, etag }) =>
          [
            "Part",
            [
              ["PartNumber", partNumber],
              ["ETag", quoteEtag(unquoteEtag(etag))],
            ],
          ] as const,
      );
    const made = Promise.withResolvers<WireObject>();
    const operation = completeOperation((record) => made.resolve(wireObjectOf(record)));
    await this.#requests.run(operation, {
      method: "POST",
      key,
      query: { uploadId },
      ...documentOf(writeXml(["CompleteMultipartUpload", listed])),
    });
    return made.promise;
  }

  /** Of what has a body: the runtime tells how long that is in the head of a request, and in no other call. */
  async upload(request: Request): Promise<WireUploadAnswer> {
    try {
      const upload = readUpload(request.headers.get(UPLOAD_HEADER));
      const length = request.headers.get("content-length");
      return upload.kind === "part"
        ? { part: await this.#putPart(upload, request.body, length) }
        : { object: await this.#put(upload.key, upload.options, request.body, length) };
    } catch (error) {
      const { code, message } = toS3Error(error);
      return { error: { code, message } };
    }
  }

  async #put(
    key: string,
    options: WirePutOptions,
    body: Request["body"],
    length: string | null,
  ): Promise<WireObject | null> {
    const headers = uploadHeaders(options);
    for (const [name, value] of Object.entries(checksumHeadersOf(options)))
      headers.set(name, value);
    if (length !== null) headers.set("content-length", length);
    const made = Promise.withResolvers<WireObject>();
    const more = { ssecKeyMd5: ssecMd5(options.ssecKey) };
    const operation = putOperation(options.onlyIf, (record) =>
      made.resolve(wireObjectOf(record, more)),
    );
    try {
      await this.#requests.run(operation, { method: "PUT", key, headers, body });
    } catch (error) {
      if (error instanceof S3Error && error.code === "PreconditionFailed") return null;
      throw error;
    }
    return made.promise;
  }

  async #putPart(
    { key, uploadId, partNumber, ssecKey }: Extract<WireUpload, { kind: "part" }>,
    body: Request["body"],
    length: string | null,
  ): Promise<WirePart> {
    const headers = new Headers(ssecHeaders(ssecKey));
    if (length !== null) headers.set("content-length", length);
    const query = { uploadId, partNumber: String(partNumber) };
    const asked = { method: "PUT", key, headers, query, body };
    const response = await this.#requests.run(uploadPart, asked);
    return { partNumber, etag: unquoteEtag(response.headers.get("etag") ?? "") };
  }
}

/** There is no such object. */
async function orNull(response: Promise<Response>): Promise<Response | null> {
  try {
    return await response;
  } catch (error) {
    if (error instanceof S3Error && error.code === "NoSuchKey") return null;
    throw error;
  }
}

interface Document {
  readonly headers: Headers;
  readonly body: ReadableStream<Uint8Array> | null;
  readonly sha256Hex: string;
}

function documentOf(xml: string): Document {
  const bytes = new TextEncoder().encode(xml);
  const headers = new Headers({ "content-length": String(bytes.byteLength) });
  return { headers, body: new Response(bytes).body, sha256Hex: hash("sha256", bytes) };
}

/** @throws S3Error InvalidRequest */
function readUpload(header: string | null): WireUpload {
  try {
    return JSON.parse(decodeURIComponent(header ?? "")) as WireUpload;
  } catch {
    throw new S3Error("InvalidRequest");
  }
}
