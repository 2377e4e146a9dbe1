import { text } from "node:stream/consumers";
import { RefusedError, type Sent, SignedRequests, type Endpoint } from "../signed-requests.ts";
import { type BackupStore, checkedName } from "./backup-store.ts";

/** What is longer is uploaded in parts of this: a blob has 5 GiB at most, which some stores take at once, and some do not. */
const PART_BYTES = 512 * 1024 * 1024;

/** Backups in a bucket of any S3 server, under a prefix. Its addresses are by path. */
export function s3Store(endpoint: Endpoint, bucket: string, prefix: string): BackupStore {
  const requests = new SignedRequests(endpoint);
  const base = prefix === "" ? "" : `${prefix.replace(/\/$/, "")}/`;
  const pathOf = (name: string): string =>
    `/${bucket}/${`${base}${checkedName(name)}`.split("/").map(encodeURIComponent).join("/")}`;

  async function writeParts(path: string, { sizeBytes, chunks }: Sent): Promise<void> {
    const begun = await text(await requests.send("POST", path, { query: { uploads: "" } }));
    const [, uploadId = ""] = /<UploadId>([^<]*)<\/UploadId>/.exec(begun) ?? [];
    try {
      const parts: string[] = [];
      const source = new Chunks(chunks);
      for (let at = 0; at < sizeBytes; at += PART_BYTES) {
        const partBytes = Math.min(PART_BYTES, sizeBytes - at);
        const partNumber = parts.length + 1;
        const { headers } = await requests.done("PUT", path, {
          query: { partNumber: String(partNumber), uploadId },
          body: { sizeBytes: partBytes, chunks: source.take(partBytes) },
        });
        parts.push(
          `<Part><PartNumber>${partNumber}</PartNumber><ETag>${headers.etag}</ETag></Part>`,
        );
      }
      const document = `<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`;
      const body = Buffer.from(document);
      const answer = await text(await requests.send("POST", path, { query: { uploadId }, body }));
      // An error may come behind a status of 200.
      if (answer.includes("<Error>")) throw new Error(`${path} could not be completed: ${answer}`);
    } catch (error) {
      await requests.done("DELETE", path, { query: { uploadId } }).catch(() => undefined);
      throw error;
    }
  }

  return {
    name: `s3://${bucket}/${base}`,
    async write(name, content) {
      if (content.sizeBytes > PART_BYTES) await writeParts(pathOf(name), content);
      else await requests.done("PUT", pathOf(name), { body: content });
    },
    async open(name) {
      try {
        const response = await requests.send("GET", pathOf(name));
        return { sizeBytes: Number(response.headers["content-length"]), chunks: response };
      } catch (error) {
        if (error instanceof RefusedError && error.status === 404 && error.code !== "NoSuchBucket")
          return undefined;
        throw error;
      }
    },
    async remove(name) {
      await requests.done("DELETE", pathOf(name));
    },
  };
}

/** Takes so many bytes after the other of one source. */
class Chunks {
  readonly #source: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array();

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#source = chunks[Symbol.asyncIterator]();
  }

  async *take(count: number): AsyncGenerator<Uint8Array, void> {
    let left = count;
    while (left > 0) {
      if (this.#rest.byteLength === 0) {
        const { value, done } = await this.#source.next();
        if (done === true) throw new Error("the bytes ended early");
        this.#rest = value;
      }
      const taken = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(taken.byteLength);
      left -= taken.byteLength;
      yield taken;
    }
  }
}
