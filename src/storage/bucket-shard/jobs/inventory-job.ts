import type { InventoryDocument } from "../../../protocol/inventory/inventory-configuration.ts";
import type { Engines } from "../../ports/engines.ts";
import type { InventoryRun, InventoryStep } from "../../ports/inventory.ts";
import {
  addInventory,
  beginReport,
  endReport,
  filesOf,
  inventoryRows,
  type InventoryRow,
  noteFile,
  removeInventory,
} from "../inventory/inventory-rows.ts";
import { nextReportMs } from "../inventory/next-report.ts";
import type { Shard } from "../shard.ts";
import type { Transact } from "../transaction.ts";
import { tellOfJob } from "./job-log.ts";
import { bucketIdOf } from "../../wire/shard-name.ts";

const RETRY_MS = 60_000;

type Reporting = Pick<Engines, "finishInventory" | "writeInventoryFile">;

/**
 * One step of the reports of a bucket, of which shard 0 keeps account: a file of one shard's rows, or the manifest of a report whose files are
 * all there. A step that a crash interrupts is done again; the file that it had written is then in no manifest.
 */
export async function reportInventory(
  shard: Pick<Shard, "configuration" | "settings" | "sql" | "state">,
  engines: () => Reporting,
  nowMs: number,
  transact: Transact,
): Promise<number | undefined> {
  const { sql, configuration, state } = shard;
  if (state.seal !== undefined) return undefined;
  const documents = configuration.inventories;
  transact(() => keepOnly(shard, documents, nowMs));
  const rows = inventoryRows(sql);
  const row = rows.find(({ document, due_ms: dueMs }) => document !== null || dueMs <= nowMs);
  if (row === undefined) return rows[0]?.due_ms;
  const document = documents.get(row.id);
  if (row.document === null && document !== undefined) {
    transact(() => beginReport(sql, row.id, document, nowMs));
    return nowMs;
  }
  const step = await nextStep(shard, engines(), row);
  if (step.kind === "retry") {
    tellOfJob(state.name, "inventory", "delayed", { id: row.id, reason: step.reason });
    return nowMs + RETRY_MS;
  }
  const { settings } = shard;
  const { name } = state;
  transact(() => {
    if (step.kind === "done" && step.next !== undefined) {
      noteFile(sql, row.id, step.file, step.next);
      return;
    }
    const frequency = document?.Schedule.Frequency ?? "Daily";
    endReport(sql, row.id, nextReportMs(settings.inventoryDayMs, name, frequency, nowMs));
  });
  if (step.kind === "refused")
    tellOfJob(name, "inventory", "given up", { id: row.id, reason: step.reason });
  else tellOfJob(name, "inventory", "done", { id: row.id, ...doneBy(row, step) });
  return inventoryRows(sql).some(({ document: open }) => open !== null)
    ? nowMs
    : inventoryRows(sql)[0]?.due_ms;
}

/** Behind the last shard there is the manifest. */
const MANIFEST = -1;

/** What a step made: a file of the report, or the report. */
function doneBy(
  { shard }: InventoryRow,
  step: Extract<InventoryStep, { kind: "done" }>,
): Readonly<Record<string, number>> {
  if (shard === MANIFEST) return { reports: 1 };
  return step.file === undefined ? {} : { files: 1, fileBytes: step.file.size };
}

async function nextStep(
  { sql, state }: Pick<Shard, "sql" | "state">,
  engines: Reporting,
  { id, document, started_ms: startedMs, shard, after }: InventoryRow,
): Promise<InventoryStep> {
  const run: InventoryRun = {
    bucketId: bucketIdOf(state.name),
    document: JSON.parse(document ?? "{}") as InventoryDocument,
    startedMs: startedMs ?? 0,
  };
  if (shard === MANIFEST) return engines.finishInventory(run, filesOf(sql, id));
  const step = await engines.writeInventoryFile(run, { shard, after });
  if (step.kind !== "done" || step.next !== undefined) return step;
  return { ...step, next: { shard: MANIFEST, after: "" } };
}

/** Those that are configured now, and no others. */
function keepOnly(
  { sql, settings, state }: Pick<Shard, "settings" | "sql" | "state">,
  documents: ReadonlyMap<string, InventoryDocument>,
  nowMs: number,
): void {
  const known = new Set(inventoryRows(sql).map(({ id }) => id));
  for (const id of known) if (!documents.has(id)) removeInventory(sql, id);
  for (const [id, { Schedule }] of documents)
    if (!known.has(id))
      addInventory(
        sql,
        id,
        nextReportMs(settings.inventoryDayMs, state.name, Schedule.Frequency, nowMs),
      );
}
