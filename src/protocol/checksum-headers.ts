import type { XmlNode } from "../lib/xml-writer.ts";
import { type ChecksumAlgorithm, checksumHeader, type ChecksumValue } from "./checksums.ts";
import { invalidArgument } from "./errors.ts";
import type { StoredChecksum } from "./object-record.ts";

/** `x-amz-checksum-<algorithm>` and `x-amz-checksum-type` of an answer; none when there is no checksum. */
export function checksumHeaders(
  checksum: StoredChecksum | undefined,
): Readonly<Record<string, string>> {
  if (checksum === undefined) return {};
  return {
    [checksumHeader(checksum.algorithm)]: checksum.value,
    "x-amz-checksum-type": checksum.type,
  };
}

/**
 * The same, for who asks for it with `x-amz-checksum-mode: ENABLED`.
 *
 * @throws S3Error InvalidArgument for another mode
 */
export function wantedChecksumHeaders(
  requestHeaders: Headers,
  checksum: StoredChecksum | undefined,
): Readonly<Record<string, string>> {
  const mode = requestHeaders.get("x-amz-checksum-mode");
  if (mode === null || checksum === undefined) return {};
  if (mode.toUpperCase() !== "ENABLED")
    throw invalidArgument("The checksum mode is not valid", "x-amz-checksum-mode", mode);
  return checksumHeaders(checksum);
}

/** `ChecksumCRC32` and the like: what XML documents call a checksum. */
export function checksumElement<A extends ChecksumAlgorithm>(algorithm: A): `Checksum${A}` {
  return `Checksum${algorithm}`;
}

/** The same as {@link checksumHeaders} in elements. */
export function checksumNodes(checksum: StoredChecksum | undefined): readonly XmlNode[] {
  if (checksum === undefined) return [];
  return [...checksumValueNodes(checksum), ["ChecksumType", checksum.type]];
}

/** Of a part, whose upload or object has said the type. */
export function checksumValueNodes(checksum: ChecksumValue | undefined): readonly XmlNode[] {
  return checksum === undefined ? [] : [[checksumElement(checksum.algorithm), checksum.value]];
}
