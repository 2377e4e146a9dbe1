import type { BackupColumns } from "../../ports/backup-rows.ts";

/** A row as JSON has it: bytes in base64. */
export function columnsOf(row: Record<string, SqlStorageValue>): BackupColumns {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      value instanceof ArrayBuffer ? Buffer.from(value).toString("base64") : value,
    ]),
  );
}

/** A value of such a row. @param isBytes it is in base64 */
export function valueOf(
  value: BackupColumns[string] | undefined,
  isBytes: boolean,
): SqlStorageValue | Uint8Array {
  if (value === undefined || value === null) return null;
  return isBytes && typeof value === "string"
    ? Uint8Array.from(Buffer.from(value, "base64"))
    : value;
}
