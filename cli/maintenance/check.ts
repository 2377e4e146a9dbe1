import type { CheckOptions } from "./arguments.ts";
import { type CheckReport, jsonReport, textReport } from "./check-report.ts";
import { bucketsOf } from "./all-buckets.ts";
import { connect } from "./connect.ts";
import { damagedFiles } from "./damaged-files.ts";
import { RefusedError, type SignedRequests } from "./signed-requests.ts";
import { messageOf } from "../user-error.ts";

export interface Check {
  readonly name: string;
  readonly means: string;
  readonly repair?: string;
  readonly isDeep?: true;
}

interface Page {
  readonly findings: readonly { readonly subject: string; readonly detail: string }[];
  readonly next?: string;
}

/** Of the shard itself: it does not answer, or its file is damaged. */
const UNREADABLE: Check = {
  name: "unreadable",
  means: "a shard, or the Directory, cannot be opened, or not read to its end",
};

/** @returns the exit code */
export async function check(options: CheckOptions): Promise<number> {
  const report = options.isJson ? jsonReport(options.repair) : textReport(options.repair);
  await checkPlace(options, report);
  return report.end();
}

/** Tells the report of everything that is wrong. */
export async function checkPlace(options: CheckOptions, report: CheckReport): Promise<void> {
  const { dataFolder } = options.place;
  const connection = await connect(options.place);
  try {
    if (dataFolder !== undefined)
      for (const finding of damagedFiles(dataFolder)) report.finding(UNREADABLE, finding, false);
    await checkAll(connection.requests, options, report);
  } finally {
    await connection.close();
  }
}

async function checkAll(
  requests: SignedRequests,
  options: CheckOptions,
  report: CheckReport,
): Promise<void> {
  const { checks, directoryChecks = [] } = await requests.json<{
    checks: readonly Check[];
    directoryChecks?: readonly Check[];
  }>("GET", "/_ledge/checks");
  const wanted = checks.filter(({ isDeep }) => isDeep !== true || options.isDeep);
  if (options.buckets.length === 0 && options.after === undefined)
    for (const each of directoryChecks)
      await checkPages(requests, each, { ...ofDirectory(each), options, report });
  let isPassed = options.after === undefined;
  for await (const { name, shards } of bucketsOf(requests)) {
    if (options.buckets.length > 0 && !options.buckets.includes(name)) continue;
    for (const shardName of shards) {
      const shard = shardName.slice(shardName.indexOf("/") + 1);
      const place = `${name}/${shard}`;
      if (isPassed) {
        report.begin(place);
        for (const each of wanted)
          if (!(await checkShard(requests, each, name, shard, options, report))) break;
      }
      isPassed ||= place === options.after;
    }
  }
}

/** @returns false when the shard does not answer */
async function checkShard(
  requests: SignedRequests,
  check: Check,
  bucket: string,
  shard: string,
  options: CheckOptions,
  report: CheckReport,
): Promise<boolean> {
  const path = `/_ledge/buckets/${encodeURIComponent(bucket)}/check/${check.name}`;
  const place = `${bucket}/${shard}`;
  const query = { shard };
  try {
    // Others may not need what this one could not read.
    const isWhole = await checkPages(requests, check, { path, query, place, options, report });
    return isWhole || check.name !== "told-shards";
  } catch (error) {
    // The bucket was deleted meanwhile.
    if (error instanceof RefusedError && error.code === "NoSuchBucket") return false;
    throw error;
  }
}

interface Asked {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly place: string;
  readonly options: CheckOptions;
  readonly report: CheckReport;
}

function ofDirectory({ name }: Check): Pick<Asked, "path" | "place" | "query"> {
  return { path: `/_ledge/directory/check/${name}`, place: "the Directory", query: {} };
}

/** Makes a check, and repairs what it finds if that is wanted. @returns false when it cannot be made */
async function checkPages(
  requests: SignedRequests,
  check: Check,
  { path, query, place, options: { repair }, report }: Asked,
): Promise<boolean> {
  let after: string | undefined = "";
  while (after !== undefined) {
    let page: Page;
    try {
      page = await requests.json<Page>("GET", path, { query: { ...query, after } });
    } catch (error) {
      if (!(error instanceof RefusedError) || error.status < 500) throw error;
      const detail = `${check.name} cannot be made: ${messageOf(error)}`;
      report.finding(UNREADABLE, { place, subject: place, detail }, false);
      return false;
    }
    const subjects = page.findings.map(({ subject }) => subject);
    const isToBeRepaired = repair === "do" && check.repair !== undefined && subjects.length > 0;
    const body = Buffer.from(JSON.stringify({ subjects }));
    const { repaired } = isToBeRepaired
      ? await requests.json<{ repaired: readonly string[] }>("POST", path, { query, body })
      : { repaired: [] };
    const done = new Set(repaired);
    for (const finding of page.findings)
      report.finding(check, { place, ...finding }, done.has(finding.subject));
    after = page.next;
  }
  return true;
}
