import { copyFileSync, readFileSync } from "node:fs";
import path from "node:path";
import { readManifest, readWranglerVersion, WORKER_PATH } from "../package-files.ts";
import { messageOf, UserError } from "../user-error.ts";
import { type Account, chooseAccount, logIn, planOf } from "./account.ts";
import { clientSettings } from "./client-settings.ts";
import { deployedVars, requireKnownSettings, wranglerConfiguration } from "./configuration.ts";
import { type DeployFile, deployFileOf, readDeployFile, writeDeployFile } from "./deploy-file.ts";
import type { DeployOptions } from "./deploy-options.ts";
import { type Questions, questionsOf } from "./questions.ts";
import { plannedFile, requireKnownAddress, requireKnownBindings } from "./planned-file.ts";
import {
  findResources,
  installationOf,
  makeResources,
  type Place,
  requireOwnBucket,
  type Resources,
} from "./resources.ts";
import { newSecrets, type Secrets } from "./secrets.ts";
import { smokeTest, type Step, type Target } from "./smoke-test.ts";
import { makeStagingFolder } from "./staging-folder.ts";
import { runWrangler } from "./wrangler.ts";
import { setZone } from "./zone-settings.ts";

const tell = (message: string): void => console.log(message);

/** `ledge deploy`. @throws UserError with what its user can do */
export async function deploy(options: DeployOptions): Promise<void> {
  const name = options.name ?? "ledge";
  const filePath = deployFileOf(name);
  const before = readDeployFile(filePath);
  const questions = questionsOf(options.asksNothing);
  const api = await logIn();
  const accountId = options.accountId ?? before?.accountId ?? process.env["CLOUDFLARE_ACCOUNT_ID"];
  const account = await chooseAccount(api, accountId, questions);
  if (before !== undefined && before.accountId !== account.id)
    throw new UserError(
      `${filePath} is of a deployment to the account ${before.accountId}. Choose another --name, or another folder.`,
    );
  if (options.jurisdiction !== undefined && before !== undefined)
    if (options.jurisdiction !== before.jurisdiction)
      throw new UserError(
        "--jurisdiction can only be chosen at the first deployment: what is stored does not move",
      );
  const jurisdiction = before?.jurisdiction ?? options.jurisdiction;
  const place: Place = { api, accountId: account.id, name, jurisdiction };
  const resources = await findResources(place);
  const isFirst = requireRightKind(options, resources, before);
  await requireOwnBucket(place, resources, before?.installationId);
  const planned = plannedFile(options, before, place, resources);
  if (resources.worker !== undefined) {
    requireKnownAddress(resources.worker, planned);
    requireKnownBindings(resources.worker, options.droppedBindings);
  }
  const { vars: defaults, configuration } = readManifest();
  const vars = deployedVars(defaults, planned);
  if (before === undefined && resources.worker !== undefined)
    requireKnownSettings(resources.worker.vars, vars, options.vars);
  tell(planText(account, await planOf(api, account), planned, resources, isFirst));

  if (options.isDryRun) {
    await runOnStaged(
      wranglerConfiguration(configuration, planned, vars, resources.worker),
      undefined,
      questions,
      ["--dry-run"],
    );
    tell("\nNothing was made.");
    return;
  }
  await requireConsent(questions, options);
  const namespaceId = await makeResources(place, resources, tell);
  const file: DeployFile = { ...planned, namespaceId };
  // From here on, keys may be in Cloudflare's hands that nobody has been told.
  writeDeployFile(filePath, isFirst ? { ...file, isUnfinished: true } : file);
  const secrets = isFirst ? newSecrets() : undefined;
  const deployed = await runOnStaged(
    wranglerConfiguration(configuration, file, vars, resources.worker),
    secrets,
    questions,
    ["--strict"],
  );
  const endpoint = file.endpoint ?? endpointOf(file.domain, deployed);
  const region = vars["REGION"] ?? "us-east-1";
  // Before anything else can fail: nobody else will tell them.
  if (secrets !== undefined) {
    const settings = { endpoint: endpoint ?? "https://...", region };
    tell(clientSettings({ ...settings, ...keysOf(secrets), masterKey: secrets.MASTER_KEY }));
  }
  writeDeployFile(filePath, file);
  if (endpoint === undefined)
    throw new UserError(
      "the Worker is deployed, but has no address. Say --domain, or turn on workers.dev.",
    );
  const failure = await tryOut({
    endpoint,
    region,
    keys: secrets === undefined ? givenKeys() : keysOf(secrets),
  });
  const installationId = await installationOf(place, file.bucket).catch(() => undefined);
  if (installationId !== undefined) writeDeployFile(filePath, { ...file, installationId });
  if (options.setsZone && file.domain !== undefined)
    for (const sentence of await setZone(api, file.domain)) tell(sentence);
  if (failure !== undefined) throw new UserError(`${failure}\n${rollbackAdvice(name, resources)}`);
  tell(`\nLedge is at ${endpoint}. ${filePath} has what the next run needs, and no secret.`);
}

/** @returns whether there is no Worker yet, or one whose keys nobody has been told */
function requireRightKind(
  { isUpdate, isDryRun }: DeployOptions,
  { worker }: Resources,
  before: DeployFile | undefined,
): boolean {
  const isFirst = worker === undefined || before?.isUnfinished === true;
  if (isUpdate && worker === undefined)
    throw new UserError("there is no such Worker yet to be updated; leave out --update");
  if (isUpdate && isFirst)
    throw new UserError("the first deployment was not finished; leave out --update");
  if (!isUpdate && !isFirst && !isDryRun)
    throw new UserError(
      "there is a Worker of this name already: --update brings it new code, and another --name makes another one",
    );
  return isFirst;
}

function planText(
  account: Account,
  plan: string,
  { name, domain, jurisdiction, queues, hasAnalytics }: DeployFile,
  { bucketName, hasBucket, namespaceTitle, namespaceId, worker }: Resources,
  isFirst: boolean,
): string {
  const state = (is: boolean): string => (is ? "is there" : "will be made");
  const rows = [
    ["Account", `${account.name} (${account.id})`],
    ["Plan", plan],
    ["Worker", `${name}, ${worker === undefined ? "will be made" : "gets new code"}`],
    ["Address", addressOf(domain, worker)],
    ["R2 bucket", `${bucketName}, ${state(hasBucket)}`],
    ["KV namespace", `${namespaceTitle}, ${state(namespaceId !== undefined)}`],
    ...Object.entries(queues).map(([binding, queue]) => ["Queue", `${queue}, as ${binding}`]),
    ...(hasAnalytics === true ? [["Analytics", "a data point for each request"]] : []),
    ["Jurisdiction", jurisdiction ?? "none: data lie where they are used first"],
    ["Keys", isFirst ? "will be made, and shown once" : "stay as they are"],
  ];
  return rows.map(([what = "", how]) => `  ${what.padEnd(14)}${how}`).join("\n");
}

function addressOf(domain: string | undefined, worker: Resources["worker"]): string {
  const others = worker?.domains?.filter((each) => each !== domain) ?? [];
  const hosts = domain === undefined ? others : [domain, ...others];
  return hosts.length === 0 ? "on workers.dev" : hosts.join(", ");
}

async function requireConsent(questions: Questions, { asksNothing }: DeployOptions): Promise<void> {
  if (asksNothing) return;
  const isMeant = await questions.confirm("\nDeploy?");
  if (isMeant === undefined)
    throw new UserError("there is no terminal to ask at; say --yes if this is what you want");
  if (!isMeant) throw new UserError("nothing was made");
}

interface Deployed {
  readonly versionId: string | undefined;
  readonly targets: readonly string[];
}

/** Wrangler's deploy, in a folder with all that it needs, which is gone afterwards. */
async function runOnStaged(
  configuration: Readonly<Record<string, unknown>>,
  secrets: Secrets | undefined,
  { isInteractive }: Questions,
  flags: readonly string[],
): Promise<Deployed> {
  const folder = makeStagingFolder();
  try {
    copyFileSync(WORKER_PATH, path.join(folder.path, "worker.js"));
    folder.write("wrangler.jsonc", JSON.stringify(configuration, null, 2));
    const output = folder.write("output.ndjson", "");
    const secretFlags =
      secrets === undefined
        ? []
        : ["--secrets-file", folder.write("secrets.json", JSON.stringify(secrets))];
    const { exitCode } = await runWrangler(
      ["deploy", "--config", "wrangler.jsonc", ...secretFlags, ...flags],
      { cwd: folder.path, isInteractive, env: { WRANGLER_OUTPUT_FILE_PATH: output } },
    );
    if (exitCode !== 0)
      throw new UserError(
        `Wrangler failed (exit code ${exitCode}); above is why. Run the same command again: it goes on with what is there.`,
      );
    return deployedIn(readFileSync(output, "utf8"));
  } finally {
    folder.remove();
  }
}

/** What Wrangler says of it, in lines of JSON. */
function deployedIn(ndjson: string): Deployed {
  for (const line of ndjson.split("\n")) {
    if (line === "") continue;
    const entry = JSON.parse(line) as {
      readonly type: string;
      readonly version_id?: string;
      readonly targets?: readonly string[];
    };
    if (entry.type === "deploy")
      return { versionId: entry.version_id, targets: entry.targets ?? [] };
  }
  return { versionId: undefined, targets: [] };
}

function endpointOf(domain: string | undefined, { targets }: Deployed): string | undefined {
  if (domain !== undefined) return `https://${domain}`;
  return targets.find((each) => each.startsWith("https://"))?.replace(/\/$/, "");
}

/** @returns what went wrong; undefined: it works */
async function tryOut(target: Target): Promise<string | undefined> {
  tell(`Trying ${target.endpoint}:`);
  try {
    for (const step of await smokeTest(target)) tell(stepLine(step));
  } catch (error) {
    return `The deployment does not work as it should. ${messageOf(error)}`;
  }
  if (target.keys === undefined)
    tell("  No more was tried: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to have it signed.");
  return undefined;
}

function keysOf({ ROOT_ACCESS_KEY_ID, ROOT_SECRET_ACCESS_KEY }: Secrets) {
  return { accessKeyId: ROOT_ACCESS_KEY_ID, secretAccessKey: ROOT_SECRET_ACCESS_KEY };
}

/** What whoever updates may have in the environment. */
function givenKeys(): Target["keys"] {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = process.env;
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  return { accessKeyId, secretAccessKey };
}

function stepLine({ name, durationMs }: Step): string {
  return `  ${name.padEnd(44)}${String(durationMs).padStart(6)} ms`;
}

function rollbackAdvice(name: string, { worker }: Resources): string {
  const wrangler = `npx wrangler@${readWranglerVersion()}`;
  const logs = `${wrangler} tail ${name} shows what the Worker says.`;
  if (worker?.versionId === undefined) return logs;
  return `${logs} ${wrangler} rollback ${worker.versionId} --name ${name} brings the version of before back; what is stored stays (docs/deploy.md).`;
}
