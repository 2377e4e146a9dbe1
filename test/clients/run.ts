/** `npm run clients`: starts a server and uses it with every client of this machine, as their users do. */
import { realpathSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { CERTIFICATE, type Certificate } from "../support/certificate.ts";
import { startLedge } from "../support/ledge-process.ts";
import { awsCli } from "./aws-cli.ts";
import { awsCliAccess } from "./aws-cli-access.ts";
import { awsCliIam } from "./aws-cli-iam.ts";
import { awsCliKms } from "./aws-cli-kms.ts";
import { awsCliSts } from "./aws-cli-sts.ts";
import { boto3 } from "./boto3.ts";
import { boto3Sts } from "./boto3-sts.ts";
import { chromium } from "./chromium.ts";
import { type Client, type ClientContext, complaint, run } from "./client.ts";
import { inventoryReaders } from "./inventory-readers.ts";
import { libStorage } from "./lib-storage.ts";
import { rclone } from "./rclone.ts";
import { restic } from "./restic.ts";
import { s3cmd } from "./s3cmd.ts";
import { s3fs } from "./s3fs.ts";
import { terraformCalls } from "./terraform-calls.ts";

const counts = { passed: 0, failed: 0, skipped: 0 };

await tryClients([
  ...awsClis(),
  boto3("HTTP"),
  boto3Sts,
  rclone,
  s3cmd,
  restic,
  s3fs,
  libStorage,
  chromium,
  terraformCalls,
]);
await tryClients([boto3("TLS")], CERTIFICATE);
await tryClients([inventoryReaders], undefined, { INVENTORY_DAY_SECONDS: "2" });
console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed === 0 ? 0 : 1;

/** Every `aws` on the path: one machine may well have both versions. */
function awsClis(): readonly Client[] {
  const folders = (process.env["PATH"] ?? "").split(path.delimiter);
  const programs = folders.flatMap((folder) => {
    try {
      return realpathSync(path.join(folder, "aws"));
    } catch {
      return [];
    }
  });
  return (programs.length === 0 ? ["aws"] : [...new Set(programs)]).flatMap((program) => [
    awsCli(program),
    awsCliIam(program),
    awsCliKms(program),
    awsCliSts(program),
    awsCliAccess(program),
  ]);
}

async function tryClients(
  clients: readonly Client[],
  tls?: Certificate,
  variables: Readonly<Record<string, string>> = {},
): Promise<void> {
  const ledge = await startLedge(tls === undefined ? { variables } : { tls, variables });
  const { endpoint, credentials } = ledge;
  const certificate = tls?.certificate;
  try {
    for (const [i, client] of clients.entries()) {
      const folder = await mkdtemp(path.join(tmpdir(), "ledge-client-"));
      const bucket = `clients-${i}`;
      await tryClient(client, { endpoint, ...credentials, certificate, bucket, folder });
      await rm(folder, { recursive: true });
    }
  } finally {
    await ledge.stop();
  }
}

async function tryClient(client: Client, context: ClientContext): Promise<void> {
  const environment = client.environment?.(context) ?? {};
  const probe = await run(client.probe, environment, context.folder);
  const obstacle = probe.exitCode === 0 ? client.obstacle?.() : "not installed";
  if (obstacle !== undefined) {
    skip(client.name, obstacle);
    return;
  }
  for (const step of client.steps(context)) {
    if (step.obstacle !== undefined) {
      skip(`${client.name}: ${step.name}`, step.obstacle);
      continue;
    }
    const outcome = await run(step.command, environment, context.folder, step.timeoutMs);
    const problem = complaint(step, outcome);
    counts[problem === undefined ? "passed" : "failed"] += 1;
    console.log(`${problem === undefined ? "passed " : "FAILED "}  ${client.name}: ${step.name}`);
    if (problem !== undefined) console.log(`${problem}\n${outcome.output}`);
  }
}

function skip(what: string, obstacle: string): void {
  counts.skipped += 1;
  console.log(`skipped  ${what}: ${obstacle}`);
}
