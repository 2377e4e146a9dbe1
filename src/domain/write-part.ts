import type { ChecksumAlgorithm } from "../protocol/checksums.ts";
import { S3Error } from "../protocol/errors.ts";
import type { UploadChecksum } from "../protocol/multipart-completion.ts";
import type { StoredChecksum } from "../protocol/object-record.ts";
import { partRefusalError } from "../protocol/refusal.ts";
import { noSuchUpload } from "../protocol/upload-id.ts";
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
}

export interface WrittenPart {
  /** Without quotes. */
  readonly etag: string;
  /** That of the upload, or what the request brought to an upload that keeps none. */
  readonly checksum: StoredChecksum | undefined;
}

/**
 * Stores and verifies the body as a blob of any size, then makes it the upload's part of its number, in place of an older
 * one. An upload that does not exist is refused before its body is read.
 *
 * @throws S3Error NoSuchUpload, InvalidRequest (a checksum of another algorithm than the upload's), RequestTimeout (begun
 * longer ago than the sweep allows), and what {@link storeBlob} throws
 */
export async function writePart(
  { index, blobs }: Pick<BucketPorts, "index" | "blobs">,
  { key, uploadId, partNumber, body, claims }: PartUpload,
): Promise<WrittenPart> {
  const upload = await index.findUpload(key, uploadId);
  if (upload === undefined) throw noSuchUpload(uploadId);
  const wantedAlgorithm = missingAlgorithm(upload.checksum, claims);
  const { content, md5Hex, checksum } = await storeBlob(blobs, index.newBlobId(key), body, {
    ...claims,
    isOfPart: true,
    wantedAlgorithm,
  });

  const draft = {
    sizeBytes: body.sizeBytes,
    etag: md5Hex,
    checksum: upload.checksum === undefined ? undefined : checksum,
    content,
  };
  const outcome = await commitOrDrop(blobs, content, () =>
    index.putPart(key, uploadId, partNumber, draft),
  );
  if (!outcome.ok) throw partRefusalError(outcome, uploadId);
  return { etag: md5Hex, checksum };
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
