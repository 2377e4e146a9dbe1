import { createHash } from "node:crypto";
import { S3Error } from "../../protocol/errors.ts";
import type { S3Request } from "../../protocol/s3-request.ts";
import type { Delivery, InternalWrite } from "../../storage/ports/engines.ts";
import { bytesBody } from "../body/bytes-body.ts";
import { describedUpload } from "../described-upload.ts";
import type { Ports } from "../ports.ts";
import { writeObject } from "../write-object.ts";
import { actInBucket } from "./act-in-bucket.ts";

/**
 * Puts an object as PutObject does, with all that the target bucket says of new ones: versions, encryption, lock, ACLs.
 *
 * @throws S3Error as PutObject
 */
async function writeInternally(ports: Ports, write: InternalWrite): Promise<void> {
  const { caller, bucket, key, headers, body, alsoKey } = write;
  const check = { action: "s3:PutObject", on: "object" } as const;
  const access = {
    caller,
    request: internalRequest(bucket, key, headers),
    checks: [alsoKey === undefined ? check : { ...check, alsoKey }],
    operation: "PutObject",
  };
  const sha256Hex = createHash("sha256").update(body).digest("hex");
  await actInBucket(ports, access, async (context) => {
    const payload = { kind: "plain", sha256Hex } as const;
    const described = await describedUpload({ ...context, payload, key });
    await writeObject(context, { ...described, body: bytesBody(body) });
  });
}

/** As {@link writeInternally}, with what became of it in the place of an error. */
export function delivered(ports: Ports, write: InternalWrite): Promise<Delivery> {
  return deliveryOf(() => writeInternally(ports, write));
}

/** What a client would send, but for the body. */
export function internalRequest(
  bucket: string,
  key: string,
  headers: Readonly<Record<string, string>>,
): S3Request {
  return {
    method: "PUT",
    headers: new Headers(headers),
    body: null,
    // It goes over no wire that anybody could listen to.
    origin: "https://localhost",
    rawPath: `/${bucket}/${encodeURIComponent(key.toWellFormed())}`,
    rawQuery: "",
    query: new URLSearchParams(),
    isVirtualHosted: false,
    bucket,
    key,
    keyWithPluses: undefined,
    clientAcceptEncoding: undefined,
  };
}

/** Errors of a client's, whose cause goes by itself. */
const PASSING: ReadonlySet<string> = new Set(["OperationAborted", "RequestTimeout"]);

/** Does what may fail, and says whether it is to be tried again. */
export function deliveryOf(act: () => Promise<unknown>): Promise<Delivery> {
  return stepOf(async (): Promise<Delivery> => {
    await act();
    return { kind: "done" };
  });
}

/** The same of what says itself what became of it, unless it throws. */
export async function stepOf<Step>(
  act: () => Promise<Step>,
): Promise<Step | Exclude<Delivery, { readonly kind: "done" }>> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof S3Error)) return { kind: "retry", reason: String(error) };
    const { code, status } = error;
    return { kind: status < 500 && !PASSING.has(code) ? "refused" : "retry", reason: code };
  }
}
