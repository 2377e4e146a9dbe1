import { WorkerEntrypoint } from "cloudflare:workers";
import { replicateVersions } from "../domain/engines/replicate-versions.ts";
import { logInternalWrite } from "../domain/access-log/log-internal-write.ts";
import { finishInventory, writeInventoryFile } from "../domain/engines/write-inventory.ts";
import { delivered, stepOf } from "../domain/engines/write-internally.ts";
import type { Ports } from "../domain/ports.ts";
import { portsOf, safeDeploymentOf } from "../http/deployment.ts";
import { newRequestIds } from "../http/request-ids.ts";
import type {
  InventoryCursor,
  InventoryFile,
  InventoryRun,
  InventoryStep,
} from "../storage/ports/inventory.ts";
import type { Delivery, Engines as EnginesPort, InternalWrite } from "../storage/ports/engines.ts";
import type { ReplicationTask } from "../storage/ports/replication.ts";

/**
 * What shards have done by a gateway. Only this Worker can call it, as `ctx.exports.Engines`: from the alarms of its shards, with
 * nobody's signature.
 */
export class Engines extends WorkerEntrypoint implements EnginesPort {
  async write(write: InternalWrite): Promise<Delivery> {
    const ports = await this.#ports();
    const outcome = await delivered(ports, write);
    logInternalWrite(ports, this.ctx, newRequestIds().requestId, write, outcome);
    return outcome;
  }

  async replicate(task: ReplicationTask): Promise<readonly Delivery[]> {
    return replicateVersions(await this.#ports(), task);
  }

  writeInventoryFile(run: InventoryRun, cursor: InventoryCursor): Promise<InventoryStep> {
    return stepOf(async () => writeInventoryFile(await this.#ports(), run, cursor));
  }

  finishInventory(run: InventoryRun, files: readonly InventoryFile[]): Promise<Delivery> {
    return stepOf(async () => finishInventory(await this.#ports(), run, files));
  }

  async #ports(): Promise<Ports> {
    return portsOf(this.env, await safeDeploymentOf(this.env), this.ctx);
  }
}
