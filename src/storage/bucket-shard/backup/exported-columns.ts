import type { BackupColumns } from "../../ports/backup-rows.ts";

/** A row as JSON has it: bytes in base64. */
export function columnsOf(row: Record<string, SqlStorageValue>): BackupColumns {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      value instanceof ArrayBuffer ? base64(value) : value,
    ]),
  );
}

export function base64(bytes: ArrayBuffer): string {
  return Buffer.from(bytes).toString("base64");
}
