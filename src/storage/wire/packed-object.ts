import type { Content, ObjectRecord, StoredHeaders } from "../../protocol/object-record.ts";
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
}

export type PackedColumns = readonly [
  summary: SummaryValues,
  sequence: number,
  /** As it is shown. */
  versionId: string | null,
  headers: string,
  attributes: string | null,
  access?: string | null,
];

/** @throws Error when the bytes are not as many as the row says */
export function unpackObject({ columns, content, annotationCount }: PackedObject): ObjectRecord {
  const [summary, sequence, versionId, headers, attributes, access] = columns;
  if (content?.kind === "inline") requireLength(content.bytes, summary);
  return {
    kind: "object",
    ...summaryOf(summary),
    versionId: versionId ?? undefined,
    headers: JSON.parse(headers) as StoredHeaders,
    sequence,
    attributes: readAttributes(attributes),
    access: access ?? undefined,
    content,
    ...(annotationCount !== undefined && { annotationCount }),
  };
}

function requireLength({ byteLength }: Uint8Array, [key, , sizeBytes]: SummaryValues): void {
  if (byteLength !== sizeBytes)
    throw new Error(
      `the index has ${byteLength} bytes of ${JSON.stringify(key)}, not ${sizeBytes}`,
    );
}
