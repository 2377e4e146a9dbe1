import type { ShardSettings } from "../../env.ts";
import type { ShardCounts } from "./counts/shard-counts.ts";
import type { ShardGrowth } from "./growth/shard-growth.ts";
import type { ObjectCache } from "./objects/object-cache.ts";
import type { LogRoom } from "./access-log/log-room.ts";
import type { Listeners } from "./outbox/listeners.ts";
import type { ShardConfiguration } from "./shard-configuration.ts";
import type { ShardRoom } from "./shard-room.ts";
import type { ShardState } from "./shard-state.ts";

/** What reading the index needs. */
export interface Shard {
  readonly sql: SqlStorage;
  readonly state: ShardState;
  readonly configuration: ShardConfiguration;
  readonly counts: ShardCounts;
  readonly growth: ShardGrowth;
  readonly cache: ObjectCache;
  readonly listeners: Listeners;
  readonly settings: ShardSettings;
  readonly room: ShardRoom;
  readonly logRoom: LogRoom;
}
