import type { XmlNode } from "../lib/xml-writer.ts";
import { type ChecksumAlgorithm, checksumHeader } from "./checksums.ts";
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

/** `ChecksumCRC32` and the like: what XML documents call a checksum. */
export function checksumElement<A extends ChecksumAlgorithm>(algorithm: A): `Checksum${A}` {
  return `Checksum${algorithm}`;
}

/** The same as {@link checksumHeaders} in elements. */
export function checksumNodes(checksum: StoredChecksum | undefined): readonly XmlNode[] {
  if (checksum === undefined) return [];
  return [
    [checksumElement(checksum.algorithm), checksum.value],
    ["ChecksumType", checksum.type],
  ];
}
