import { configureBucket } from "../../src/domain/configure-bucket.ts";
import type { VersioningStatus } from "../../src/protocol/bucket-configuration.ts";
import { NO_CONDITIONS } from "../../src/protocol/write-conditions.ts";
import type { BucketRecord, DocumentChange } from "../../src/storage/ports/bucket-directory.ts";
import { freshRecord } from "./bucket-record.ts";
import { doomedEnv } from "./gateway-death.ts";
import { type Gateway, makeGateway, putOf } from "./gateways.ts";
import { pick, seededRandom } from "./seeded-random.ts";
import { draftOf, SHARDS } from "./shards.ts";

const KEYS = ["a", "b", "c", "d", "e", "f"];
const DRAFT = draftOf({ kind: "inline", bytes: new Uint8Array(1) }, 1);

/** What a request may be decided under: what was answered last, or what was put since by a gateway that died of it. */
class Holding<Value> {
  #allowed: readonly Value[];

  constructor(value: Value) {
    this.#allowed = [value];
  }

  put(value: Value, isAnswered: boolean): void {
    this.#allowed = isAnswered ? [value] : [...this.#allowed, value];
  }

  get allowed(): readonly Value[] {
    return this.#allowed;
  }
}

/** Several gateways that configure a bucket and write to it, each by what it remembers, while some die. */
export class ConfigurationSequence {
  readonly #random: ReturnType<typeof seededRandom>;
  readonly #bindings: Cloudflare.Env | undefined;
  readonly #name: string;
  readonly #gateways: Gateway[];
  readonly #policy = new Holding<string | undefined>(undefined);
  readonly #versioning = new Holding<VersioningStatus | undefined>(undefined);
  readonly #violations: string[] = [];
  /** As it is stored. */
  #tags: string | undefined;
  #at = 0;

  constructor(seed: number, bindings: Cloudflare.Env | undefined) {
    this.#random = seededRandom(seed);
    this.#bindings = bindings;
    this.#name = `configuration-${seed}-${bindings === undefined ? "warm" : "cold"}`;
    this.#gateways = Array.from({ length: 3 }, () => makeGateway(bindings));
  }

  /** @returns what was decided under a configuration that held no more, or is lost */
  async run(steps: number): Promise<readonly string[]> {
    const { directory, buckets } = makeGateway();
    await directory.create(freshRecord(this.#name), []);
    for (this.#at = 0; this.#at < steps; this.#at += 1) await this.#step();
    const record = await buckets.find(this.#name);
    this.#check("policy kept", record && policyOf(record), this.#policy.allowed);
    this.#check("versioning kept", record?.shard.flags.versioning, this.#versioning.allowed);
    const tags = await directory.readDocument(this.#name, "tags", "");
    this.#check("tags kept", tags?.body, [this.#tags]);
    return this.#violations;
  }

  #check(what: string, found: string | undefined, allowed: readonly (string | undefined)[]): void {
    if (allowed.includes(found)) return;
    this.#violations.push(`step ${this.#at}: ${what} is ${found}, not ${allowed.join(" or ")}`);
  }

  async #step(): Promise<void> {
    const at = this.#random(this.#gateways.length);
    const gateway = (this.#gateways[at] ??= makeGateway(this.#bindings));
    switch (this.#random(8)) {
      case 0: {
        const policy = `policy ${this.#at}`;
        const isAnswered = await this.#configure(gateway, () => putOf("policy", "gateway", policy));
        return this.#policy.put(JSON.stringify(policy), isAnswered);
      }
      case 1: {
        const Status = pick(this.#random, ["Enabled", "Suspended"] as const);
        const isAnswered = await this.#configure(gateway, ({ shard }) => ({
          ...putOf("versioning", "shard", { Status }),
          flags: { ...shard.flags, versioning: Status },
        }));
        return this.#versioning.put(Status, isAnswered);
      }
      case 2: {
        const tags = `tags ${this.#at}`;
        await this.#configure(gateway, () => putOf("tags", "directory", tags));
        this.#tags = JSON.stringify(tags);
        return;
      }
      case 3:
        // Its isolate goes, and another takes its place.
        this.#gateways[at] = makeGateway(this.#bindings);
        return;
      default:
        return this.#write(gateway);
    }
  }

  /** One in three dies before it has told all shards. @returns whether it could answer */
  async #configure(
    gateway: Gateway,
    decide: (bucket: BucketRecord) => DocumentChange,
  ): Promise<boolean> {
    const at = this.#random(3 * SHARDS);
    const failure = pick(this.#random, ["before", "after"] as const);
    const doomed = makeGateway(doomedEnv({ at, failure, isDeath: true }, this.#bindings).env);
    const record = await this.#remembered(gateway);
    try {
      await configureBucket({ ...doomed, buckets: gateway.buckets }, record, async (bucket) =>
        decide(bucket),
      );
      return true;
    } catch {
      return false;
    }
  }

  async #write(gateway: Gateway): Promise<void> {
    let decidedOn = await this.#remembered(gateway);
    const index = gateway.indexOf(decidedOn, [(newer) => (decidedOn = newer)]);
    const outcome = await index.commit(pick(this.#random, KEYS), DRAFT, NO_CONDITIONS);
    this.#check("policy", policyOf(decidedOn), this.#policy.allowed);
    const found = outcome.ok ? kindOfId(outcome.versionId) : outcome.reason;
    this.#check("version id", found, this.#versioning.allowed.map(versionKind));
  }

  async #remembered(gateway: Gateway): Promise<BucketRecord> {
    const record = await gateway.buckets.find(this.#name);
    if (record === undefined) throw new Error(`no bucket ${this.#name}`);
    return record;
  }
}

function policyOf({ gateway }: BucketRecord): string | undefined {
  return gateway.documents["policy"];
}

/** Which version id a write gets. */
function versionKind(versioning: VersioningStatus | undefined): string {
  return { Enabled: "own", Suspended: "null", none: "none" }[versioning ?? "none"];
}

function kindOfId(versionId: string | undefined): string {
  return versionId === undefined ? "none" : versionId === "null" ? "null" : "own";
}
