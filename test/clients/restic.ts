import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Client, ClientContext, Step } from "./client.ts";
import { writeHalfEmptyTree } from "./half-empty-tree.ts";
import { writeLargeFile } from "./large-file.ts";

export const restic: Client = {
  name: "restic",
  probe: ["restic", "version"],
  environment: ({ endpoint, accessKeyId, secretAccessKey, bucket, folder }) => ({
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_DEFAULT_REGION: "us-east-1",
    RESTIC_REPOSITORY: `s3:${endpoint}/${bucket}/backups`,
    RESTIC_PASSWORD: "password",
    RESTIC_CACHE_DIR: path.join(folder, "cache"),
  }),
  steps,
};

function steps({ folder }: ClientContext): readonly Step[] {
  const tree = path.join(folder, "tree");
  mkdirSync(path.join(tree, "sub"), { recursive: true });
  writeFileSync(path.join(tree, "sub", "ä+b.txt"), "hello");
  writeHalfEmptyTree(path.join(tree, "half"));
  writeLargeFile(path.join(tree, "large"), 64);
  const command = (...parameters: string[]) => ["restic", ...parameters];
  return [
    { name: "init", command: command("init"), prints: /created restic repository/ },
    { name: "backup", command: command("backup", tree), prints: /snapshot \w+ saved/ },
    {
      name: "backup again adds nothing",
      command: command("backup", tree),
      prints: /Files:\s+0 new,\s+0 changed/,
    },
    { name: "snapshots", command: command("snapshots"), prints: /2 snapshots/ },
    {
      name: "check of all data",
      command: command("check", "--read-data"),
      prints: /no errors were found/,
    },
    {
      name: "restore",
      command: command("restore", "latest", "--target", `${folder}/restored`),
      prints: /restoring/,
    },
    {
      name: "what is restored is the same",
      command: ["diff", "-r", tree, `${folder}/restored${tree}`],
      prints: /^$/,
    },
    {
      name: "forget and prune",
      command: command("forget", "--keep-last", "1", "--prune"),
      prints: /done/,
    },
    {
      name: "check after prune",
      command: command("check", "--read-data"),
      prints: /no errors were found/,
    },
  ];
}
