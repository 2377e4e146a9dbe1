import type { Content, ObjectRecord, StoredHeaders } from "../../protocol/object-record.ts";
import { keptInlineBytes } from "../../protocol/encryption/stored-encryption.ts";
import { readAttributes } from "./attributes-column.ts";
import { summaryOf, type SummaryValues } from "./summary.ts";

/**
 * An object on its way to the gateway, where {@link unpackObject} makes an `ObjectRecord` of it: its columns as an array,
 * and what is JSON in them unread, since the runtime takes longer to copy named fields between isolates (measured 2026-11).
 */
export interface PackedObject {
  readonly kind: "packed";
  readonly columns: PackedColumns;
  readonly content: Content | undefined;
  readonly annotationCount: number | undefined;
  /** As in `ObjectRecord`. */
  readonly expiration?: string;
}

export type PackedColumns = readonly [
  summary: SummaryValues,
  sequence: number,
  /** As it is shown. */
  versionId: string | null,
  headers: string,
  attributes: string | null,
  access?: string | null,
  encryption?: string | null,
  /** Of a content that is inline, or one blob. */
  sealedKey?: ArrayBuffer | null,
];

/** @throws Error when the bytes are not as many as the row says */
export function unpackObject({
  columns,
  content,
  annotationCount,
  expiration,
}: PackedObject): ObjectRecord {
  const [summary, sequence, versionId, headers, attributes, access, encryption, sealedKey] =
    columns;
  if (content?.kind === "inline") requireLength(content.bytes, summary, encryption ?? undefined);
  return {
    kind: "object",
    ...summaryOf(summary),
    versionId: versionId ?? undefined,
    headers: JSON.parse(headers) as StoredHeaders,
    sequence,
    attributes: readAttributes(attributes),
    access: access ?? undefined,
    ...(typeof encryption === "string" && { encryption }),
    content: sealedKey instanceof ArrayBuffer ? sealedContent(content, sealedKey) : content,
    ...(annotationCount !== undefined && { annotationCount }),
    ...(expiration !== undefined && { expiration }),
  };
}

/** A stitched content has a key in each of its segments. */
function sealedContent(content: Content | undefined, sealedKey: ArrayBuffer): Content | undefined {
  if (content === undefined || content.kind === "stitched") return content;
  return { ...content, sealedKey: new Uint8Array(sealedKey) };
}

function requireLength(
  { byteLength }: Uint8Array,
  [key, , sizeBytes]: SummaryValues,
  encryption: string | undefined,
): void {
  const keptBytes = keptInlineBytes(sizeBytes, encryption);
  if (byteLength !== keptBytes)
    throw new Error(
      `the index has ${byteLength} bytes of ${JSON.stringify(key)}, not ${keptBytes}`,
    );
}
