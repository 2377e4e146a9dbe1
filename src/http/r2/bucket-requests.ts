import { noteKeyUse } from "../../domain/auth/key-use.ts";
import type { Payload } from "../../domain/auth/payload.ts";
import type { Ports } from "../../domain/ports.ts";
import type { Operation } from "../../operations/operation.ts";
import type { SignedCaller } from "../../protocol/caller.ts";
import { invalidArgument, S3Error } from "../../protocol/errors.ts";
import { MAX_KEY_BYTES } from "../../protocol/limits.ts";
import type { S3Request } from "../../protocol/s3-request.ts";
import { urlEncode } from "../../lib/url-encoding.ts";
import type { Waiter } from "../../lib/waiter.ts";
import { type Deployment, portsOf, safeDeploymentOf } from "../deployment.ts";
import { logInternalError, renderError, toS3Error } from "../render-error.ts";
import { tellOfRequest } from "../request-done.ts";
import { bodyTimes } from "../request-log.ts";
import { newRequestIds } from "../request-ids.ts";
import { run } from "../run.ts";
import { bucketCaller, type BucketProps, readProps } from "./bucket-caller.ts";

/** One of S3's requests, which nobody has to sign. */
export interface BucketRequest {
  readonly method: S3Request["method"];
  readonly key?: string;
  readonly headers?: Headers;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: ReadableStream<Uint8Array> | null;
  /** What vouches for the body. */
  readonly sha256Hex?: string;
}

export interface BucketServiceContext extends Waiter {
  readonly props?: unknown;
}

/**
 * S3's operations on the bucket of a service binding, by the right that the binding has: as requests over HTTP, but that the
 * binding stands in the place of a signature.
 */
export class BucketRequests {
  readonly #env: Cloudflare.Env;
  readonly #context: BucketServiceContext;

  constructor(env: Cloudflare.Env, context: BucketServiceContext) {
    this.#env = env;
    this.#context = context;
  }

  /**
   * Like a request over HTTP it has a line in the log, one in the access log of its bucket, figures, and spans.
   *
   * @throws S3Error as the operation, AccessDenied (the binding says nothing of whose right it has), InvalidAccessKeyId
   */
  async run(operation: Operation, asked: BucketRequest): Promise<Response> {
    const startedMs = Date.now();
    const began = performance.now();
    const ids = newRequestIds();
    const waiter = this.#context;
    const env = this.#env;
    let known: Partial<{ deployment: Deployment; ports: Ports; request: S3Request }> = {};
    let caller: SignedCaller | undefined;
    let failure: S3Error | undefined;
    let response: Response;
    try {
      const deployment = await safeDeploymentOf(env);
      known = { deployment };
      const props = readProps(waiter.props);
      if (props === undefined) throw new S3Error("AccessDenied");
      const ports = portsOf(env, deployment, waiter);
      const request = requestOf(props.bucket, asked);
      known = { deployment, ports, request };
      const { settings, identities } = deployment;
      const authenticate = () => bucketCaller(props, settings.account, identities, waiter);
      caller = await (ports.spans?.enter("authenticate", authenticate) ?? authenticate());
      noteUse(caller, props, ports, waiter);
      const payload: Payload = { kind: "plain", sha256Hex: asked.sha256Hex };
      const authentication = { caller, payload, signedRegion: undefined, request };
      response = await run(operation, authentication, ports, { ...ids, waiter });
    } catch (error) {
      failure = toS3Error(error);
      if (failure !== error) logInternalError(error, ids.requestId);
      // What is thrown says it: no document is sent.
      response = renderError(failure, "HEAD", ids);
    }
    const { method, headers = new Headers(), body = null } = asked;
    const { deployment, ports, request } = known;
    const { name } = operation;
    const answered = {
      ids,
      raw: { method, headers, body },
      caller,
      response,
      code: failure?.code,
      startedMs,
      ...bodyTimes(body, began),
    };
    ports?.spans?.tell({
      "s3.operation": name,
      "s3.bucket": request?.bucket,
      "s3.code": failure?.code,
    });
    const more = { via: "binding", operation: name, edge: undefined, isWebsite: false } as const;
    response = tellOfRequest({ ...answered, ...more, request }, deployment, ports, waiter);
    if (failure !== undefined) throw failure;
    return response;
  }
}

function noteUse(
  caller: SignedCaller,
  { accessKeyId }: BucketProps,
  { settings, accounts }: Ports,
  waiter: Waiter,
): void {
  if (accessKeyId === undefined) return;
  noteKeyUse(caller, { service: "s3", region: settings.region }, accounts, waiter);
}

/** @throws S3Error KeyTooLongError, InvalidURI (half a surrogate pair), InvalidArgument (none) */
export function checkKey(key: unknown): void {
  if (typeof key !== "string" || key === "")
    throw invalidArgument("The key is no text of at least one character.", "key");
  if (!key.isWellFormed()) throw new S3Error("InvalidURI");
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) throw new S3Error("KeyTooLongError");
}

function requestOf(bucket: string, asked: BucketRequest): S3Request {
  const { method, key, headers = new Headers(), query = {}, body = null } = asked;
  if ("key" in asked) checkKey(key);
  return {
    method,
    headers,
    body,
    // No network lies between, so that keys may be sent.
    origin: "https://bucket-service.invalid",
    // As access logs tell it.
    rawPath: `/${urlEncode(key ?? "")}`,
    rawQuery: String(new URLSearchParams(query)),
    query: new URLSearchParams(query),
    isVirtualHosted: true,
    bucket,
    key,
    keyWithPluses: undefined,
    clientAcceptEncoding: undefined,
  };
}
