import { closeSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Client, ClientContext, Step } from "./client.ts";
import { writeLargeFile } from "./large-file.ts";
import { projectScript, scriptEnvironment } from "./project-script.ts";

/** A bucket as a file system: what is appended to is copied on the server, all but its end. */
export const s3fs: Client = {
  name: "s3fs",
  probe: ["s3fs", "--version"],
  obstacle: lackOfFuse,
  environment: scriptEnvironment,
  steps,
};

function lackOfFuse(): string | undefined {
  try {
    closeSync(openSync("/dev/fuse", "r+"));
    return undefined;
  } catch {
    return "FUSE is not available";
  }
}

function steps(context: ClientContext): readonly Step[] {
  const { endpoint, accessKeyId, secretAccessKey, bucket, folder } = context;
  const file = path.join(folder, "large");
  const mount = path.join(folder, "mount");
  const passwords = path.join(folder, "passwords");
  mkdirSync(mount);
  writeLargeFile(file, 32);
  writeFileSync(passwords, `${accessKeyId}:${secretAccessKey}\n`, { mode: 0o600 });
  const options = [
    `passwd_file=${passwords}`,
    `url=${endpoint}`,
    "endpoint=us-east-1",
    "use_path_request_style",
    "multipart_size=10",
  ];
  const shell = (command: string): readonly string[] => ["sh", "-c", command];
  return [
    { name: "a bucket", command: projectScript("await s3.createBucket({ Bucket: bucket });") },
    {
      name: "mount",
      command: ["s3fs", bucket, mount, ...options.flatMap((option) => ["-o", option])],
    },
    { name: "cp", command: ["cp", file, `${mount}/a file`], prints: /^$/ },
    { name: "the copy is the same", command: ["cmp", file, `${mount}/a file`], prints: /^$/ },
    {
      name: "append",
      command: shell(`echo more >> '${mount}/a file' && echo more >> '${file}'`),
      prints: /^$/,
    },
    { name: "what was appended to", command: ["cmp", file, `${mount}/a file`], prints: /^$/ },
    {
      name: "mv",
      command: shell(`mkdir '${mount}/sub' && mv '${mount}/a file' '${mount}/sub/ä'`),
      prints: /^$/,
    },
    { name: "what was moved", command: ["cmp", file, `${mount}/sub/ä`], prints: /^$/ },
    { name: "ls", command: ["ls", `${mount}/sub`], prints: /^ä\n$/ },
    { name: "rm", command: ["rm", "-r", `${mount}/sub`], prints: /^$/ },
    { name: "ls of nothing", command: ["ls", mount], prints: /^$/ },
    { name: "unmount", command: ["fusermount", "-u", mount], prints: /^$/ },
  ];
}
