import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { documentSteps } from "./aws-cli-documents.ts";
import type { Client, ClientContext, Step } from "./client.ts";
import { writeHalfEmptyTree } from "./half-empty-tree.ts";
import { writeLargeFile } from "./large-file.ts";

/** Eight parts of the program's own choice, sent at once. */
const LARGE_MIB = 64;

/** Runs a command and fetches the URL that it prints. */
const FETCH = `
const { execFileSync } = require("node:child_process");
const [program, ...parameters] = process.argv.slice(1);
const url = execFileSync(program, parameters).toString().trim();
fetch(url).then(async (answer) => process.stdout.write(answer.status + " " + (await answer.text())));
`;

/** Version 1 and version 2 differ in checksums and in how they sign; both are in use, and both are called `aws`. */
export function awsCli(program: string): Client {
  return {
    name: `aws-cli (${program})`,
    probe: [program, "--version"],
    environment: awsEnvironment,
    steps: (context) => steps(program, context),
  };
}

export function awsEnvironment({
  accessKeyId,
  secretAccessKey,
  folder,
}: ClientContext): Readonly<Record<string, string>> {
  return {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_DEFAULT_REGION: "us-east-1",
    AWS_CONFIG_FILE: path.join(folder, "none"),
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_PAGER: "",
  };
}

function steps(program: string, context: ClientContext): readonly Step[] {
  const { endpoint, bucket, folder } = context;
  const file = path.join(folder, "a file.txt");
  const tree = path.join(folder, "tree");
  mkdirSync(path.join(tree, "sub"), { recursive: true });
  writeFileSync(file, "hello\n");
  writeFileSync(path.join(tree, "1.txt"), "one");
  writeFileSync(path.join(tree, "sub", "ä+2.txt"), "two");
  writeHalfEmptyTree(path.join(tree, "half"));
  writeLargeFile(path.join(folder, "large"), LARGE_MIB);
  const s3 = (...parameters: string[]) => [
    program,
    "--endpoint-url",
    endpoint,
    "s3",
    ...parameters,
  ];
  const s3api = (...parameters: string[]) => [
    ...[program, "--endpoint-url", endpoint, "s3api"],
    ...parameters,
  ];
  const uri = `s3://${bucket}`;
  const object = ["--bucket", bucket, "--key", "put object"];
  return [
    { name: "mb", command: s3("mb", uri), prints: /make_bucket/ },
    { name: "ls of buckets", command: s3("ls"), prints: new RegExp(bucket) },
    { name: "cp up", command: s3("cp", file, `${uri}/a file.txt`), prints: /upload:/ },
    { name: "ls", command: s3("ls", `${uri}/`), prints: /6 a file\.txt/ },
    { name: "cp down", command: s3("cp", `${uri}/a file.txt`, "-"), prints: /^hello\n$/ },
    {
      name: "sync up, without a stall at empty files",
      command: s3("sync", tree, `${uri}/tree`),
      prints: /2\.txt/,
      // One stall takes as long.
      timeoutMs: 15_000,
    },
    { name: "sync again", command: s3("sync", tree, `${uri}/tree`), prints: /^$/ },
    {
      name: "ls --recursive",
      command: s3("ls", "--recursive", `${uri}/`),
      prints: /tree\/1\.txt[^]*tree\/sub\/ä\+2\.txt/,
    },
    { name: "sync down", command: s3("sync", `${uri}/tree`, `${folder}/copy`), prints: /2\.txt/ },
    { name: "the copy is the same", command: ["diff", "-r", tree, `${folder}/copy`], prints: /^$/ },
    {
      name: "put-object",
      command: s3api("put-object", ...object, "--body", file, "--metadata", "color=blue"),
      prints: /b1946ac92492d2347c6235b4d2611184/,
    },
    {
      name: "head-object",
      command: s3api("head-object", ...object),
      prints: /"ContentLength": 6[^]*"color": "blue"/,
    },
    {
      name: "get-object of a range",
      command: s3api("get-object", ...object, "--range", "bytes=1-3", `${folder}/range`),
      prints: /"ContentRange": "bytes 1-3\/6"/,
    },
    {
      name: "put-object over what exists",
      command: s3api("put-object", ...object, "--body", file, "--if-none-match", "*"),
      failsWith: /PreconditionFailed|Unknown options: --if-none-match/,
    },
    {
      name: "get-object of what does not exist",
      command: s3api("get-object", "--bucket", bucket, "--key", "missing", `${folder}/missing`),
      failsWith: /NoSuchKey/,
    },
    {
      name: "presign",
      command: [process.execPath, "-e", FETCH, ...s3("presign", `${uri}/a file.txt`)],
      prints: /^200 hello\n$/,
    },
    ...publicSiteSteps(s3api, context),
    ...documentSteps(s3api, bucket),
    ...checksumModes.flatMap((mode) => largeFileSteps(mode, s3, s3api, context)),
    { name: "rm --recursive", command: s3("rm", "--recursive", uri), prints: /delete:/ },
    { name: "rb", command: s3("rb", uri), prints: /remove_bucket/ },
  ];
}

/** Whether the program adds checksums by itself; versions that know neither setting add none. */
const checksumModes = ["when_supported", "when_required"] as const;

type Command = (...parameters: string[]) => readonly string[];

/** A tree that was synced is opened to everybody, read without keys, and closed again. */
function publicSiteSteps(
  s3api: Command,
  { endpoint, bucket, folder }: ClientContext,
): readonly Step[] {
  const policy = path.join(folder, "policy.json");
  const statement = {
    Effect: "Allow",
    Principal: "*",
    Action: "s3:GetObject",
    Resource: `arn:aws:s3:::${bucket}/tree/*`,
  };
  writeFileSync(policy, JSON.stringify({ Version: "2012-10-17", Statement: [statement] }));
  const curl = (target: string) => ["curl", "-s", `${endpoint}/${bucket}${target}`];
  const ofBucket = ["--bucket", bucket];
  return [
    {
      name: "put-bucket-policy",
      command: s3api("put-bucket-policy", ...ofBucket, "--policy", `file://${policy}`),
      prints: /^$/,
    },
    {
      name: "get-bucket-policy-status",
      command: s3api("get-bucket-policy-status", ...ofBucket),
      prints: /"IsPublic": true/,
    },
    { name: "a public site without keys", command: curl("/tree/1.txt"), prints: /^one$/ },
    { name: "no more than that", command: curl("/a%20file.txt"), prints: /AccessDenied/ },
    { name: "nor what else is there", command: curl("/tree/none"), prints: /AccessDenied/ },
    {
      name: "put-public-access-block",
      command: s3api(
        "put-public-access-block",
        ...ofBucket,
        "--public-access-block-configuration",
        "RestrictPublicBuckets=true",
      ),
      prints: /^$/,
    },
    { name: "the site, blocked", command: curl("/tree/1.txt"), prints: /AccessDenied/ },
    {
      name: "delete-public-access-block",
      command: s3api("delete-public-access-block", ...ofBucket),
      prints: /^$/,
    },
    {
      name: "get-bucket-policy",
      command: s3api("get-bucket-policy", ...ofBucket),
      prints: /s3:GetObject/,
    },
    {
      name: "delete-bucket-policy",
      command: s3api("delete-bucket-policy", ...ofBucket),
      prints: /^$/,
    },
    { name: "the site, closed", command: curl("/tree/1.txt"), prints: /AccessDenied/ },
  ];
}

function largeFileSteps(
  mode: (typeof checksumModes)[number],
  s3: Command,
  s3api: Command,
  { bucket, folder }: ClientContext,
): readonly Step[] {
  const file = path.join(folder, "large");
  const key = `large ${mode}`;
  const uri = `s3://${bucket}/${key}`;
  const object = ["--bucket", bucket, "--key", key];
  const inMode = (command: readonly string[]): readonly string[] => [
    "env",
    `AWS_REQUEST_CHECKSUM_CALCULATION=${mode}`,
    `AWS_RESPONSE_CHECKSUM_VALIDATION=${mode}`,
    ...command,
  ];
  const step = (name: string, command: readonly string[], prints: RegExp): Step => ({
    name: `${name}, checksums ${mode}`,
    command: inMode(command),
    prints,
  });
  const copyDown = (from: string): readonly Step[] => {
    const copy = path.join(folder, path.basename(from));
    return [
      step("cp down of parts", s3("cp", from, copy), /download:/),
      step("the parts are the same", ["cmp", file, copy], /^$/),
    ];
  };
  return [
    step("cp up in parts", s3("cp", file, uri), /upload:/),
    ...copyDown(uri),
    step(
      "head-object of a part",
      s3api("head-object", ...object, "--part-number", "2"),
      /"ContentLength": 8388608[^]*"PartsCount": 8/,
    ),
    step(
      "get-object of a range over parts",
      s3api("get-object", ...object, "--range", "bytes=8388607-16777216", `${folder}/range`),
      /"ContentLength": 8388610/,
    ),
    step(
      "get-object-attributes",
      s3api("get-object-attributes", ...object, "--object-attributes", "ObjectParts", "ObjectSize"),
      /"TotalPartsCount": 8[^]*"ObjectSize": 67108864/,
    ),
    step("cp from bucket to bucket", s3("cp", uri, `${uri} copy`), /copy:/),
    ...copyDown(`${uri} copy`),
    step("mv", s3("mv", `${uri} copy`, `${uri} moved`), /move:/),
    ...copyDown(`${uri} moved`),
  ];
}
