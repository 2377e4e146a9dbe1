import type { Caller } from "../protocol/caller.ts";
import type { ChecksumAlgorithm } from "../protocol/checksums.ts";
import { S3Error } from "../protocol/errors.ts";
import type { UploadChecksum } from "../protocol/multipart-completion.ts";
import type { StoredChecksum } from "../protocol/object-record.ts";
import { partRefusalError } from "../protocol/refusal.ts";
import { noSuchUpload } from "../protocol/upload-id.ts";
import type { CustomerKey } from "../protocol/encryption/customer-key.ts";
import { openUpload } from "./encryption/open-upload.ts";
import { type BodyClaims, claimedAlgorithm } from "./body/claims.ts";
import { commitOrDrop } from "./body/drop-blob.ts";
import type { IncomingBody } from "./body/incoming-body.ts";
import { storeBlob } from "./body/store-body.ts";
import type { BucketPorts } from "./ports.ts";

export interface PartUpload {
  readonly key: string;
  readonly uploadId: string;
  readonly partNumber: number;
  readonly body: IncomingBody;
  readonly claims: BodyClaims;
  readonly customerKey: CustomerKey | undefined;
}

export interface WrittenPart {
  /** Without quotes. */
  readonly etag: string;
  /** That of the upload, or what the request brought to an upload that keeps none. */
  readonly checksum: StoredChecksum | undefined;
  /** That of the upload. */
  readonly encryption: string | undefined;
  /** The one that is reserved for the upload. */
  readonly versionId: string | undefined;
}

/**
 * Stores and verifies the body as a blob of any size, then makes it the upload's part of its number, in place of an older
 * one. An upload that does not exist is refused before its body is read.
 *
 * @throws S3Error NoSuchUpload, InvalidRequest (a checksum of another algorithm than the upload's), RequestTimeout (begun
 * longer ago than the sweep allows), and what {@link storeBlob} throws
 */
export async function writePart(
  ports: Pick<BucketPorts, "blobs" | "bucket" | "index" | "keys" | "settings"> & {
    readonly caller: Caller;
  },
  { key, uploadId, partNumber, body, claims, customerKey }: PartUpload,
): Promise<WrittenPart> {
  const { index, blobs } = ports;
  const upload = await index.findUpload(key, uploadId);
  if (upload === undefined) throw noSuchUpload(uploadId);
  const objectKey = await openUpload(ports, upload, customerKey);
  const wantedAlgorithm = missingAlgorithm(upload.checksum, claims);
  const partClaims = { ...claims, isOfPart: true, wantedAlgorithm } as const;
  const blobId = index.newBlobId(key);
  const { content, etag, checksum } = await storeBlob(blobs, blobId, body, partClaims, objectKey);

  const draft = {
    sizeBytes: body.sizeBytes,
    etag,
    checksum: upload.checksum === undefined ? undefined : checksum,
    content,
  };
  const outcome = await commitOrDrop(blobs, content, () =>
    index.putPart(key, uploadId, partNumber, draft),
  );
  if (!outcome.ok) throw partRefusalError(outcome, uploadId);
  return { etag, checksum, encryption: upload.encryption, versionId: upload.versionId };
}

/**
 * The checksum of the upload's algorithm that a part does not bring. As with AWS, only that of an upload whose object gets
 * a checksum of all its bytes is computed here; parts of a composite one have to bring theirs.
 *
 * @throws S3Error InvalidRequest
 */
function missingAlgorithm(
  expected: UploadChecksum | undefined,
  claims: BodyClaims,
): ChecksumAlgorithm | undefined {
  const brought = claimedAlgorithm(claims);
  if (expected === undefined || brought === expected.algorithm) return undefined;
  if (brought === undefined && expected.type === "FULL_OBJECT") return expected.algorithm;
  const [expectedName, broughtName] = [expected.algorithm, brought ?? "null"].map((name) =>
    name.toLowerCase(),
  );
  throw new S3Error("InvalidRequest", {
    message: `Checksum Type mismatch occurred, expected checksum Type: ${expectedName}, actual checksum Type: ${broughtName}`,
  });
}
