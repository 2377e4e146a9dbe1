import type { Caller } from "../../protocol/caller.ts";
import {
  blocksCustomerKeys,
  completedBy,
  defaultEncryption,
} from "../../protocol/encryption/bucket-encryption.ts";
import {
  parseEncryption,
  type RequestedEncryption,
} from "../../protocol/encryption/requested-encryption.ts";
import { S3Error } from "../../protocol/errors.ts";
import type { S3Request } from "../../protocol/s3-request.ts";
import type { BucketRecord } from "../../storage/ports/bucket-directory.ts";
import { StaleBucketError } from "../../storage/ports/bucket-index.ts";
import { ENCRYPTION, encryptionRule } from "../bucket-encryption.ts";
import type { BucketPorts } from "../ports.ts";
import { type ChosenEncryption, chosenEncryption, type Encryption } from "./new-encryption.ts";

type Ports = Pick<BucketPorts, "bucket" | "decisions" | "keys" | "settings"> & {
  readonly caller: Caller;
  readonly request: S3Request;
};

/**
 * How what the request makes is to be encrypted: as its headers say, else as the bucket's default does. A shard may have heard of
 * another default than this gateway: then the request begins anew, or is to be sent once more.
 *
 * @returns undefined: nobody has said
 * @throws S3Error InvalidArgument, InvalidEncryptionAlgorithmError, AccessDenied (the bucket takes no customers' keys), and as
 *   {@link chosenEncryption}
 */
export async function uploadEncryption(ports: Ports): Promise<ChosenEncryption | undefined> {
  const { bucket, decisions, request } = ports;
  const requested = parseEncryption(request.headers);
  refuseBlocked(requested, bucket);
  decisions.push((known) => {
    refuseBlocked(requested, known);
    const dependsOnDefault = requested === undefined || "keyId" in requested;
    if (dependsOnDefault && documentOf(known) !== documentOf(bucket)) throw new StaleBucketError();
  });
  const byDefault = defaultOf(bucket);
  const wanted = requested === undefined ? byDefault : completedBy(requested, byDefault);
  return wanted && chosenEncryption(ports, wanted);
}

/** The same, with a new key. */
export async function newUploadEncryption(ports: Ports): Promise<Encryption | undefined> {
  return (await uploadEncryption(ports))?.encryption();
}

function refuseBlocked(requested: RequestedEncryption | undefined, bucket: BucketRecord): void {
  if (requested?.method !== "C") return;
  const rule = encryptionRule(bucket);
  if (rule !== undefined && blocksCustomerKeys(rule)) throw new S3Error("AccessDenied");
}

function defaultOf(bucket: BucketRecord): RequestedEncryption | undefined {
  const rule = encryptionRule(bucket);
  return rule && defaultEncryption(rule);
}

function documentOf({ gateway }: BucketRecord): string | undefined {
  return gateway.documents[ENCRYPTION];
}
