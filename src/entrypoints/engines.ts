import { WorkerEntrypoint } from "cloudflare:workers";
import { replicateVersions } from "../domain/engines/replicate-versions.ts";
import { delivered } from "../domain/engines/write-internally.ts";
import type { Ports } from "../domain/ports.ts";
import { deploymentOf, portsOf } from "../http/deployment.ts";
import type { Delivery, Engines as EnginesPort, InternalWrite } from "../storage/ports/engines.ts";
import type { ReplicationTask } from "../storage/ports/replication.ts";

/**
 * What shards have done by a gateway. Only this Worker can call it, as `ctx.exports.Engines`: from the alarms of its shards, with
 * nobody's signature.
 */
export class Engines extends WorkerEntrypoint implements EnginesPort {
  write(write: InternalWrite): Promise<Delivery> {
    return delivered(this.#ports(), write);
  }

  replicate(task: ReplicationTask): Promise<readonly Delivery[]> {
    return replicateVersions(this.#ports(), task);
  }

  #ports(): Ports {
    return portsOf(this.env, deploymentOf(this.env), this.ctx);
  }
}
