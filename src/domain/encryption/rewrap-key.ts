import type { Caller } from "../../protocol/caller.ts";
import { readEncryption } from "../../protocol/encryption/stored-encryption.ts";
import { S3Error } from "../../protocol/errors.ts";
import { refusalError } from "../../protocol/refusal.ts";
import type { S3Request } from "../../protocol/s3-request.ts";
import { parseVersionId } from "../../protocol/version-id.ts";
import { decidedOn } from "../../storage/ports/decided-on.ts";
import { readVersion } from "../object-version.ts";
import type { BucketPorts } from "../ports.ts";
import { chosenEncryption } from "./new-encryption.ts";
import { openEncryption } from "./open-encryption.ts";

interface RewrapRequest extends Pick<BucketPorts, "bucket" | "index" | "keys" | "settings"> {
  readonly caller: Caller;
  readonly request: S3Request;
  readonly key: string;
}

/** How often an object that changes meanwhile is read again. */
const MAX_ATTEMPTS = 5;

const KEY_ARN = /^arn:aws[\w-]*:kms:[\w-]+:\d{12}:key\/[\w-]+$/;

/**
 * Wraps the key of a version with a KMS key, and moves none of its bytes.
 *
 * @throws S3Error InvalidRequest (encrypted otherwise or not at all; `keyArn` is no ARN of a key), and as `readVersion`,
 *   {@link chosenEncryption}, and {@link openEncryption}; SlowDown (the object changes all the time)
 */
export async function rewrapKey(
  ports: RewrapRequest,
  keyArn: string,
  hasBucketKey: boolean,
): Promise<void> {
  const { request, key, index, settings } = ports;
  const isDeclared = settings.declaredKeys.has(keyArn);
  if (!isDeclared && !KEY_ARN.test(keyArn))
    throw invalidRequest(
      "Requests that modify an object's encryption type to SSE-KMS require a valid Amazon Web Services KMS key Amazon Resource Name (ARN). Confirm that you have a correctly formatted KMS key ARN in your request, and then try again.",
    );
  const versionId = parseVersionId(request.query);
  const asked = { method: "KMS", keyId: keyArn, context: undefined, hasBucketKey } as const;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const record = await readVersion(ports);
    checkSource(record.encryption);
    const chosen = await chosenEncryption(ports, asked);
    const objectKey = await openEncryption(ports, record.encryption, undefined);
    const { column: encryption } = await chosen.encryption(objectKey?.bytes);
    const change = { kind: "encryption", encryption } as const;
    const outcome = await index.change(key, versionId, change, decidedOn(record));
    if (outcome.ok) return;
    if (outcome.reason !== "ObjectChanged")
      throw refusalError(outcome, { key, versionId, method: request.method });
  }
  throw new S3Error("SlowDown");
}

function checkSource(column: string | undefined): void {
  const stored = column === undefined ? undefined : readEncryption(column);
  if (stored === undefined)
    throw invalidRequest(
      "The UpdateObjectEncryption operation doesn't supported unencrypted source objects. Only source objects encrypted with SSE-S3 or SSE-KMS are supported.",
    );
  if (stored.k === "C" || stored.k === "DSSE")
    throw invalidRequest(
      "The UpdateObjectEncryption operation doesn't support source objects with the encryption type DSSE-KMS or SSE-C. Only source objects encrypted with SSE-S3 or SSE-KMS are supported.",
    );
  if (stored.w === undefined)
    throw invalidRequest(
      "The object's bytes are encrypted by the store, and have no key that could be wrapped. Copy the object onto itself to encrypt it.",
    );
}

function invalidRequest(message: string): S3Error {
  return new S3Error("InvalidRequest", { message });
}
