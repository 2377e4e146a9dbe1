import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { Client } from "./load.ts";
import type { Table } from "./report.ts";
import { HOST } from "./server.ts";
import { median } from "./statistics.ts";

const HELLO = `
const server = require("node:http").createServer((request, response) => response.end("hello"));
server.listen(0, "${HOST}", () => console.log(server.address().port));
`;

const ROUNDS = 5;

/** Where the generator cannot send so many, it would be what is measured. */
const MIN_CALLS_A_SECOND = 8000;

/** What the load generator of this folder can send, to a server that says "hello" in another process. */
export async function measureGenerator(seconds: number): Promise<readonly Table[]> {
  const hello = spawn(process.execPath, ["-e", HELLO], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    const [port] = (await once(createInterface({ input: hello.stdout }), "line")) as [string];
    const client = new Client({ host: HOST, port: Number(port) }, 16);
    const rates: number[] = [];
    for (let i = 0; i < ROUNDS; i += 1) {
      const { count, seconds: took } = await client.repeat([{ method: "GET", path: "/" }], seconds);
      rates.push(count / took);
    }
    const rate = median(rates);
    const measurement = {
      name: "GET hello, of node:http",
      figures: { "calls/s": Math.round(rate) },
      target: `≥ ${MIN_CALLS_A_SECOND}`,
      isMet: rate >= MIN_CALLS_A_SECOND,
    };
    return [{ title: "The load generator", measurements: [measurement] }];
  } finally {
    hello.kill();
  }
}
