import { readdirSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { s3Api } from "./api.ts";
import { Client } from "./load.ts";
import { CREDENTIALS, ledgeServe, type Runtime } from "./programs.ts";
import { hostOf, type Program, type Server, startServer } from "./server.ts";
import { RawSigner } from "../test/support/raw-signer.ts";

export const BUCKET = "bench";

export const keyOf = (n: number): string => `key-${String(n).padStart(7, "0")}`;

/**
 * A server with so many keys in one shard of the bucket {@link BUCKET}, which SQL makes of the row of a first one: by PUTs it would
 * take minutes.
 *
 * @param body of each, small enough to be in its row
 * @param settings such as `LIFECYCLE_DAY_SECONDS:1`
 */
export async function startFilled(
  runtime: Runtime,
  keyCount: number,
  body = Buffer.alloc(0),
  settings: readonly string[] = [],
): Promise<Server> {
  const program = withSettings(ledgeServe(runtime), settings);
  const empty = await startServer(program);
  const api = s3Api(new RawSigner(CREDENTIALS, hostOf(empty)), BUCKET);
  const client = new Client(empty, 1);
  await client.once(await api.makeBucket());
  await client.once([await api.put(keyOf(0), body)]);
  await empty.stop();
  fillShard(empty.dataFolder, keyCount);
  return startServer(program, { dataFolder: empty.dataFolder });
}

function withSettings(program: Program, settings: readonly string[]): Program {
  const flags = settings.flatMap((setting) => ["--var", setting]);
  return { ...program, command: (port, data) => [...program.command(port, data), ...flags] };
}

function fillShard(dataFolder: string, keyCount: number): void {
  const database = openShard(dataFolder);
  const columns = database
    .prepare("SELECT name FROM pragma_table_info('object')")
    .all()
    .map(({ name }) => String(name));
  const values = columns.map((name) => {
    if (name === "key") return "format('key-%07d', n)";
    return name === "sequence" ? "sequence + n" : name;
  });
  const numbers = `WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n + 1 < ${keyCount})`;
  database.exec(
    `BEGIN;
     ${numbers} INSERT INTO inline_body (sequence, bytes) SELECT sequence + n, bytes FROM inline_body, number;
     ${numbers} INSERT INTO object (${columns.join()}) SELECT ${values.join()} FROM object, number WHERE key = '${keyOf(0)}';
     UPDATE shard SET sequence = sequence + ${keyCount};
     COMMIT`,
  );
  database.close();
}

/** Of the one bucket, which has one shard. */
function openShard(dataFolder: string): DatabaseSync {
  const folder = path.join(dataFolder, "index", "ledge-index");
  const file = readdirSync(folder).find((name) => /^[0-9a-f]{64}\.sqlite$/.test(name));
  return new DatabaseSync(path.join(folder, file ?? ""));
}
