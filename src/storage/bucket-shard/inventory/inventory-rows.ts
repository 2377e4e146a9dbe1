import type { InventoryDocument } from "../../../protocol/inventory/inventory-configuration.ts";
import type { InventoryFile } from "../../ports/inventory.ts";

/** A bucket's inventory, in its shard 0: when its next report is due, and how far the one is that is being made. */
export interface InventoryRow extends Record<string, SqlStorageValue> {
  id: string;
  due_ms: number;
  /** NULL: none is being made. */
  document: string | null;
  started_ms: number | null;
  shard: number;
  after: string;
}

export function inventoryRows(sql: SqlStorage): readonly InventoryRow[] {
  const query =
    "SELECT id, due_ms, document, started_ms, shard, after FROM inventory ORDER BY due_ms, id";
  return sql.exec<InventoryRow>(query).toArray();
}

/** From now on it is known; a report that is under way goes on. */
export function addInventory(sql: SqlStorage, id: string, dueMs: number): void {
  sql.exec(
    "INSERT OR IGNORE INTO inventory (id, due_ms, shard, after) VALUES (?, ?, 0, '')",
    id,
    dueMs,
  );
}

export function removeInventory(sql: SqlStorage, id: string): void {
  sql.exec("DELETE FROM inventory WHERE id = ?", id);
  sql.exec("DELETE FROM inventory_file WHERE id = ?", id);
}

export function beginReport(
  sql: SqlStorage,
  id: string,
  document: InventoryDocument,
  nowMs: number,
): void {
  sql.exec(
    "UPDATE inventory SET document = ?, started_ms = ?, shard = 0, after = '' WHERE id = ?",
    JSON.stringify(document),
    nowMs,
    id,
  );
}

/** A file is written: the report goes on behind it. */
export function noteFile(
  sql: SqlStorage,
  id: string,
  file: InventoryFile | undefined,
  next: { readonly shard: number; readonly after: string },
): void {
  if (file !== undefined)
    sql.exec("INSERT INTO inventory_file (id, file) VALUES (?, ?)", id, JSON.stringify(file));
  sql.exec("UPDATE inventory SET shard = ?, after = ? WHERE id = ?", next.shard, next.after, id);
}

export function filesOf(sql: SqlStorage, id: string): readonly InventoryFile[] {
  const query = "SELECT file FROM inventory_file WHERE id = ? ORDER BY rowid";
  const rows = sql.exec<{ file: string }>(query, id).toArray();
  return rows.map(({ file }) => JSON.parse(file) as InventoryFile);
}

/** The report is complete, or given up. */
export function endReport(sql: SqlStorage, id: string, dueMs: number): void {
  sql.exec(
    "UPDATE inventory SET document = NULL, started_ms = NULL, due_ms = ? WHERE id = ?",
    dueMs,
    id,
  );
  sql.exec("DELETE FROM inventory_file WHERE id = ?", id);
}

/** How late the report is that is latest, for the metrics; undefined: the shard makes none. */
export function inventoryLateMs(sql: SqlStorage, nowMs: number): number | undefined {
  const [first] = inventoryRows(sql);
  return first && Math.max(nowMs - first.due_ms, 0);
}
