/**
 * `node bench/bare-server.ts PORT FOLDER`: the least that a server can do that keeps files as durably as Ledge. PUT computes
 * the MD5 of the body, writes it to a temporary file, syncs that, renames it, and syncs the folder; GET pipes the file.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, rename, stat } from "node:fs/promises";
import http from "node:http";
import path from "node:path";
import { pipeline } from "node:stream/promises";

const [port = "", folder = ""] = process.argv.slice(2);
let uploads = 0;

async function put(file: string, request: http.IncomingMessage): Promise<string> {
  const md5 = createHash("md5");
  const unfinished = `${file}.${(uploads += 1)}`;
  const handle = await open(unfinished, "w");
  for await (const chunk of request) {
    md5.update(chunk);
    await handle.write(chunk);
  }
  await handle.datasync();
  await handle.close();
  await rename(unfinished, file);
  const parent = await open(folder);
  await parent.sync();
  await parent.close();
  return md5.digest("hex");
}

async function answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
  const name = path.basename(request.url ?? "");
  if (name === "") {
    response.end("ready");
    return;
  }
  const file = path.join(folder, name);
  if (request.method === "PUT") {
    response.setHeader("etag", `"${await put(file, request)}"`);
    response.end();
    return;
  }
  const { size } = await stat(file);
  response.setHeader("content-length", size);
  await pipeline(createReadStream(file, { highWaterMark: 256 * 1024 }), response);
}

http
  .createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  })
  .listen(Number(port), "127.0.0.1");
