import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Client, ClientContext, Step } from "./client.ts";
import { writeHalfEmptyTree } from "./half-empty-tree.ts";
import { writeLargeFile } from "./large-file.ts";

export const rclone: Client = {
  name: "rclone",
  probe: ["rclone", "version"],
  environment: ({ endpoint, accessKeyId, secretAccessKey }) => ({
    RCLONE_CONFIG: "/dev/null",
    RCLONE_CONFIG_LEDGE_TYPE: "s3",
    RCLONE_CONFIG_LEDGE_PROVIDER: "Other",
    RCLONE_CONFIG_LEDGE_ENDPOINT: endpoint,
    RCLONE_CONFIG_LEDGE_REGION: "us-east-1",
    RCLONE_CONFIG_LEDGE_ACCESS_KEY_ID: accessKeyId,
    RCLONE_CONFIG_LEDGE_SECRET_ACCESS_KEY: secretAccessKey,
  }),
  steps,
};

const command = (...parameters: string[]) => ["rclone", ...parameters];

/** Uploads, one of them of a length that is not known before, and copies, in parts. */
function partSteps(remote: string, folder: string): readonly Step[] {
  const file = path.join(folder, "large");
  writeLargeFile(file, 64);
  const inParts = (...parameters: string[]) =>
    command(
      "--s3-chunk-size",
      "5M",
      "--s3-upload-cutoff",
      "5M",
      "--s3-copy-cutoff",
      "10M",
      ...parameters,
    );
  const isTheSame = (name: string): Step => ({
    name: `${name} is the same`,
    command: command("check", "--download", "--one-way", folder, remote, "--include", "/large"),
    prints: /0 differences found[^]*1 matching files/,
  });
  return [
    { name: "copyto in parts of 5 MiB", command: inParts("copyto", file, `${remote}/large`) },
    isTheSame("what was put in parts"),
    {
      name: "copyto within the server",
      command: inParts("copyto", `${remote}/large`, `${remote}/copy`),
    },
    {
      name: "moveto within the server",
      command: inParts("moveto", `${remote}/copy`, `${remote}/large`),
    },
    isTheSame("what was copied and moved"),
    {
      name: "rcat of an unknown length",
      command: ["sh", "-c", `"$@" < "${file}"`, "sh", ...inParts("rcat", `${remote}/large`)],
    },
    isTheSame("what came by a pipe"),
    {
      name: "cat of a range over parts",
      command: [
        "sh",
        "-c",
        `"$@" | cmp -n 5242890 -i 5242870:0 "${file}" -`,
        "sh",
        ...command("cat", "--offset", "5242870", "--count", "5242890", `${remote}/large`),
      ],
      prints: /^$/,
    },
  ];
}

function steps({ bucket, folder }: ClientContext): readonly Step[] {
  const tree = path.join(folder, "tree");
  mkdirSync(path.join(tree, "sub"), { recursive: true });
  writeFileSync(path.join(tree, "hello world.txt"), "hello");
  writeHalfEmptyTree(path.join(tree, "half"));
  writeFileSync(path.join(tree, "sub", "ä+b.bin"), Buffer.alloc(100_000, "x"));
  const remote = `ledge:${bucket}`;
  return [
    { name: "mkdir", command: command("mkdir", remote), prints: /^(?!.*ERROR)/ },
    { name: "lsd", command: command("lsd", "ledge:"), prints: new RegExp(bucket) },
    {
      name: "copy up",
      command: command("copy", "-v", tree, `${remote}/t`),
      prints: /42 \/ 42, 100%/,
    },
    {
      name: "ls",
      command: command("ls", remote),
      prints: /100000 t\/sub\/ä\+b\.bin/,
    },
    { name: "cat", command: command("cat", `${remote}/t/hello world.txt`), prints: /^hello$/ },
    {
      name: "check against the ETags",
      command: command("check", tree, `${remote}/t`),
      prints: /0 differences found[^]*42 matching files/,
    },
    {
      name: "sync again transfers nothing",
      command: command("sync", "-v", tree, `${remote}/t`),
      prints: /There was nothing to transfer/,
    },
    { name: "sync down", command: command("sync", `${remote}/t`, `${folder}/copy`), prints: /^$/ },
    { name: "the copy is the same", command: ["diff", "-r", tree, `${folder}/copy`], prints: /^$/ },
    {
      name: "deletefile",
      command: command("deletefile", `${remote}/t/hello world.txt`),
      prints: /^$/,
    },
    {
      name: "sync up deletes what is gone",
      command: command("sync", "-v", `${folder}/copy/sub`, `${remote}/t`),
      prints: /Deleted/,
    },
    ...partSteps(remote, folder),
    { name: "delete", command: command("delete", remote), prints: /^$/ },
    { name: "ls of nothing", command: command("ls", remote), prints: /^$/ },
    { name: "rmdir", command: command("rmdir", remote), prints: /^$/ },
  ];
}
