import { writeFileSync } from "node:fs";
import path from "node:path";
import type { Client, ClientContext, Step } from "./client.ts";
import { writeHalfEmptyTree } from "./half-empty-tree.ts";
import { lackOfDisk, writeLargeFile } from "./large-file.ts";

const LARGE_MIB = 1024;

export const s3cmd: Client = { name: "s3cmd", probe: ["s3cmd", "--version"], steps };

function steps(context: ClientContext): readonly Step[] {
  const { endpoint, accessKeyId, secretAccessKey, bucket, folder } = context;
  const file = path.join(folder, "a file.txt");
  const tree = path.join(folder, "tree");
  writeFileSync(file, "hello\n");
  writeHalfEmptyTree(tree);
  writeFileSync(path.join(folder, "none"), "");
  const { host } = new URL(endpoint);
  const command = (...parameters: string[]) => [
    ...["s3cmd", "--config", path.join(folder, "none"), "--no-ssl", "--no-progress"],
    ...["--host", host, "--host-bucket", host, "--region", "us-east-1"],
    ...["--access_key", accessKeyId, "--secret_key", secretAccessKey],
    ...parameters,
  ];
  const uri = `s3://${bucket}`;
  return [
    { name: "mb", command: command("mb", uri), prints: /created/ },
    { name: "ls of buckets", command: command("ls"), prints: new RegExp(bucket) },
    { name: "put", command: command("put", file, `${uri}/a file.txt`), prints: /upload:/ },
    { name: "ls", command: command("ls", uri), prints: /\s6\s+s3:.*a file\.txt/ },
    {
      name: "get",
      command: command("get", `${uri}/a file.txt`, `${folder}/copy`),
      prints: /download:/,
    },
    { name: "the copy is the same", command: ["cmp", file, `${folder}/copy`], prints: /^$/ },
    { name: "info of the bucket", command: command("info", uri), prints: /Location:\s+us-east-1/ },
    { name: "info", command: command("info", `${uri}/a file.txt`), prints: /File size: 6/ },
    { name: "sync up", command: command("sync", tree, uri), prints: /upload:/ },
    { name: "sync down", command: command("sync", `${uri}/tree`, `${folder}/back/`) },
    {
      name: "what was synced is the same",
      command: ["diff", "-r", tree, `${folder}/back/tree`],
      prints: /^$/,
    },
    { name: "put with signature v2", command: command("--signature-v2", "put", file, `${uri}/v2`) },
    {
      name: "get of nothing",
      command: command("get", `${uri}/no`, "no"),
      failsWith: /does not exist/,
    },
    ...largeSteps(command, uri, folder),
    { name: "del", command: command("del", "--recursive", "--force", uri), prints: /delete:/ },
    { name: "rb", command: command("rb", uri), prints: /removed/ },
  ];
}

/** In the 69 parts of 15 MiB that are its default. */
function largeSteps(
  command: (...parameters: string[]) => readonly string[],
  uri: string,
  folder: string,
): readonly Step[] {
  const file = path.join(folder, "large");
  const copy = path.join(folder, "large copy");
  // The file, the object, and the copy that comes back.
  const obstacle = lackOfDisk(folder, 4 * LARGE_MIB);
  if (obstacle === undefined) writeLargeFile(file, LARGE_MIB);
  const get = (name: string): readonly Step[] => [
    {
      name: `get of ${name}`,
      command: command("get", "--force", `${uri}/${name}`, copy),
      prints: /download:/,
    },
    { name: `${name} is the same`, command: ["cmp", file, copy], prints: /^$/ },
  ];
  const steps: readonly Step[] = [
    { name: "put of 1 GiB", command: command("put", file, `${uri}/large`), prints: /upload:/ },
    ...get("large"),
    { name: "cp of 1 GiB", command: command("cp", `${uri}/large`, `${uri}/copied`) },
    { name: "mv of 1 GiB", command: command("mv", `${uri}/copied`, `${uri}/moved`) },
    ...get("moved"),
  ];
  return steps.map((step) => ({ ...step, obstacle }));
}
