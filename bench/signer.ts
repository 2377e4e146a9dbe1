import { createHash, createHmac } from "node:crypto";

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

type Headers = Readonly<Record<string, string>>;

const REGION = "us-east-1";
export const UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD";

/** SigV4 for requests whose paths and queries need no encoding, made before the clock of a measurement runs. */
export class Signer {
  readonly #credentials: Credentials;
  readonly #host: string;

  constructor(credentials: Credentials, host: string) {
    this.#credentials = credentials;
    this.#host = host;
  }

  /** A path with a signature that holds for a day. `query` must sort before `X-Amz-Signature`. */
  presign(method: string, path: string, query: Readonly<Record<string, string>> = {}): string {
    const { timestamp, scope } = this.#now();
    const parameters = {
      "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
      "X-Amz-Credential": `${this.#credentials.accessKeyId}/${scope}`,
      "X-Amz-Date": timestamp,
      "X-Amz-Expires": "86400",
      "X-Amz-SignedHeaders": "host",
      ...query,
    };
    const search = Object.entries(parameters)
      .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
      .sort()
      .join("&");
    const signed = { host: this.#host };
    const signature = this.#sign(timestamp, scope, method, path, search, signed, UNSIGNED_PAYLOAD);
    return `${path}?${search}&X-Amz-Signature=${signature}`;
  }

  /**
   * Headers with a signature over `payload` (`x-amz-content-sha256`) and over `extra`; it holds for 15 minutes.
   *
   * @param target a path, and its query in order
   */
  sign(method: string, target: string, payload: string, extra: Headers = {}): Headers {
    const [path = "", search = ""] = target.split("?");
    const { timestamp, scope } = this.#now();
    const signed = {
      host: this.#host,
      "x-amz-content-sha256": payload,
      "x-amz-date": timestamp,
      ...extra,
    };
    const signature = this.#sign(timestamp, scope, method, path, search, signed, payload);
    const names = Object.keys(signed).sort().join(";");
    const credential = `${this.#credentials.accessKeyId}/${scope}`;
    return {
      ...signed,
      authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`,
    };
  }

  #now(): { timestamp: string; scope: string } {
    const timestamp = new Date().toISOString().replaceAll(/[-:]|\.\d{3}/g, "");
    return { timestamp, scope: `${timestamp.slice(0, 8)}/${REGION}/s3/aws4_request` };
  }

  #sign(
    timestamp: string,
    scope: string,
    method: string,
    path: string,
    search: string,
    headers: Headers,
    payload: string,
  ): string {
    const names = Object.keys(headers).sort();
    const lines = names.map((name) => `${name}:${headers[name]}\n`).join("");
    const canonical = [method, path, search, lines, names.join(";"), payload].join("\n");
    const text = ["AWS4-HMAC-SHA256", timestamp, scope, sha256Hex(canonical)].join("\n");
    let key: string | Buffer = `AWS4${this.#credentials.secretAccessKey}`;
    for (const step of scope.split("/")) key = createHmac("sha256", key).update(step).digest();
    return createHmac("sha256", key).update(text).digest("hex");
  }
}

export function sha256Hex(data: string | Buffer): string {
  return createHash("sha256").update(data).digest("hex");
}
