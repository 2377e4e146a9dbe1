/** A process that writes to objects until it is killed, and prints each text that was acknowledged. */
import { DurableObject } from "../../local/cloudflare-workers.ts";
import { Namespace } from "../../local/durable-objects/namespace.ts";

class Writer extends DurableObject {
  readonly #storage: DurableObjectStorage;

  constructor(ctx: DurableObjectState, env: unknown) {
    super(ctx, env);
    this.#storage = ctx.storage;
    this.#storage.sql.exec("CREATE TABLE IF NOT EXISTS note (text TEXT PRIMARY KEY)");
  }

  add(text: string): void {
    this.#storage.sql.exec("INSERT INTO note VALUES (?)", text);
    if (text.endsWith("0")) void this.#storage.setAlarm(Date.now() + 3_600_000);
  }
}

const [, , folder = "", round] = process.argv;
const namespace = new Namespace(Writer, { folder, uniqueKey: "notes", env: {} });
const padding = "x".repeat(100_000);

async function write(writer: number): Promise<void> {
  for (let i = 0; ; i += 1) {
    const name = `object ${(writer + i) % 2}`;
    const text = `${round} ${writer} ${padding} ${i}`;
    await namespace.getByName(name).add(text);
    process.stdout.write(`${JSON.stringify([name, round, writer, i])}\n`);
  }
}

await Promise.all([0, 1, 2, 3].map((writer) => write(writer)));
