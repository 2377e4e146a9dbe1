import { AwsV4Signer } from "aws4fetch";

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

type Headers = Readonly<Record<string, string>>;

export const UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD";

/** What aws4fetch signs, but for paths as they stand on the request line: a URL would resolve their dots. */
export class RawSigner {
  readonly #credentials: Credentials;
  readonly #host: string;
  /** Of aws4fetch: one key signs a whole day. */
  readonly #cache = new Map<string, ArrayBuffer>();

  constructor(credentials: Credentials, host: string) {
    this.#credentials = credentials;
    this.#host = host;
  }

  /**
   * A path with a signature that holds for a day.
   *
   * @param query the names encoded, the values not
   */
  async presign(
    method: string,
    path: string,
    query: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const search = Object.entries(query)
      .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
      .join("&");
    const { url } = await this.#signer(method, path, search, {}, true).sign();
    return `${path}${url.search}`;
  }

  /**
   * Headers with a signature over `payload` (`x-amz-content-sha256`) and over `extra`; it holds for 15 minutes.
   *
   * @param target a path, and its query
   */
  async sign(
    method: string,
    target: string,
    payload: string,
    extra: Headers = {},
  ): Promise<Headers> {
    const [path = "", search = ""] = target.split("?");
    const signed = { "x-amz-content-sha256": payload, ...extra };
    const { headers } = await this.#signer(method, path, search, signed, false).sign();
    return { host: this.#host, ...Object.fromEntries(headers) };
  }

  #signer(method: string, path: string, search: string, headers: Headers, signQuery: boolean) {
    const signer = new AwsV4Signer({
      ...this.#credentials,
      method,
      url: `http://${this.#host}/?${search}`,
      headers: { ...headers },
      service: "s3",
      region: "us-east-1",
      signQuery,
      allHeaders: true,
      cache: this.#cache,
    });
    signer.encodedPath = path;
    return signer;
  }
}
