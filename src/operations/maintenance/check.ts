import { recordIntent } from "../../domain/audit.ts";
import { noSuchBucket, ownerOf } from "../../domain/bucket-owner.ts";
import { BUCKET_CHECKS } from "../../domain/checks/all-checks.ts";
import type { BucketCheck, Checked } from "../../domain/checks/bucket-check.ts";
import type { DirectoryCheck } from "../../domain/checks/directory-check.ts";
import { DIRECTORY_CHECKS } from "../../domain/checks/directory-checks.ts";
import { jsonResponse } from "../../protocol/respond.ts";
import type { S3Request } from "../../protocol/s3-request.ts";
import type { CheckDescription } from "../../storage/ports/shard-inspection.ts";
import { ofRoot } from "../accounts/of-root.ts";
import type { AccountContext, AccountOperation } from "../operation.ts";
import { invalid, readJson } from "./read-json.ts";

const DIRECTORY_PATH = /^directory\/check\/([a-z-]{1,64})$/;
const PATH = /^buckets\/([^/]{1,255})\/check\/([a-z-]{1,64})$/;
const MAX_DOCUMENT_BYTES = 1024 * 1024;
/** Subjects of one repair. */
const MAX_SUBJECTS = 1000;
const PAGE_BUCKETS = 100;

/**
 * What `ledge check` asks of a deployment; `docs/check.md` describes it. Of the deployment's root alone, and JSON.
 *
 * @returns undefined: the request is about none of it
 */
export function checkOperationFor({
  method,
  key = "",
}: Pick<S3Request, "key" | "method">): AccountOperation | undefined {
  const what = PATH.test(key) ? "check" : DIRECTORY_PATH.test(key) ? "directory" : key;
  return OPERATIONS[`${method} ${what}`];
}

const OPERATIONS: Readonly<Record<string, AccountOperation>> = {
  /** `GET /_ledge/checks` → `{"checks", "directoryChecks"}`, lists of `{"name", "means", "repair", "isDeep"}` */
  "GET checks": ofRoot("ListChecks", async () =>
    jsonResponse({
      checks: BUCKET_CHECKS.map(({ isDeep, ...check }) => ({ ...described(check), isDeep })),
      directoryChecks: DIRECTORY_CHECKS.map(described),
    }),
  ),
  /** `GET /_ledge/buckets?after=` → `{"buckets": [{"name", "id", "shards": ["<id>/0", …]}], "next"}`: everybody's, by name */
  "GET buckets": ofRoot("ListAllBuckets", async ({ request, directory, indexOf }) => {
    const records = await directory.listAll(request.query.get("after") ?? "", PAGE_BUCKETS);
    const buckets = records.map((record) => ({
      name: record.name,
      id: record.id,
      shards: indexOf(record).shardNames(),
    }));
    const next = records.length < PAGE_BUCKETS ? undefined : records.at(-1)?.name;
    return jsonResponse({ buckets, next });
  }),
  /** `GET /_ledge/directory/check/{check}?after=` → `{"findings": [{"subject", "detail"}], "next"}`; InvalidRequest */
  "GET directory": ofRoot("CheckDirectory", async (context) =>
    jsonResponse(
      await directoryCheckOf(context).find(context, context.request.query.get("after") ?? ""),
    ),
  ),
  /** `POST` to it with `{"subjects": […]}` → `{"repaired": […]}`; InvalidRequest */
  "POST directory": ofRoot("RepairDirectory", async (context) => {
    const check = directoryCheckOf(context);
    const subjects = await readSubjects(context);
    return jsonResponse({ repaired: (await check.mend?.(context, subjects)) ?? [] });
  }),
  /** `GET /_ledge/buckets/{name}/check/{check}?shard=&after=` → `{"findings": [{"subject", "detail"}], "next"}`; NoSuchBucket, InvalidArgument */
  "GET check": ofRoot("CheckBucket", async (context) => {
    const { check, checked } = await askedFor(context);
    return jsonResponse(await check.find(checked, context.request.query.get("after") ?? ""));
  }),
  /** `POST` to it with `{"subjects": […]}` → `{"repaired": […]}`; NoSuchBucket, InvalidArgument */
  "POST check": ofRoot("RepairBucket", async (context) => {
    const { check, checked } = await askedFor(context);
    const subjects = await readSubjects(context);
    await recordIntent(context);
    return jsonResponse({ repaired: (await check.mend?.(checked, subjects)) ?? [] });
  }),
};

function described({ name, means, repair }: CheckDescription): CheckDescription {
  return { name, means, ...(repair !== undefined && { repair }) };
}

/** @throws S3Error InvalidRequest */
function directoryCheckOf({ request }: AccountContext): DirectoryCheck {
  const [, name] = DIRECTORY_PATH.exec(request.key ?? "") ?? [];
  const check = DIRECTORY_CHECKS.find((each) => each.name === name);
  if (check === undefined) throw invalid("There is no such check");
  return check;
}

async function askedFor(
  context: AccountContext,
): Promise<{ readonly check: BucketCheck; readonly checked: Checked }> {
  const { request, directory, indexOf, settings, caller } = context;
  const [, name = "", checkName] = PATH.exec(request.key ?? "") ?? [];
  const check = BUCKET_CHECKS.find((check) => check.name === checkName);
  if (check === undefined) throw invalid("There is no such check");
  const bucket = await directory.find(name);
  if (bucket === undefined) throw noSuchBucket(name);
  const shard = request.query.get("shard") ?? "";
  const shardName = indexOf(bucket)
    .shardNames()
    .find((each) => each === `${bucket.id}/${shard}`);
  if (shardName === undefined) throw invalid("The bucket has no such shard");
  // What is read of an object is read as its bucket's owner may.
  const owner = { ...caller, account: ownerOf(bucket, settings.account) };
  return { check, checked: { ...context, bucket, shardName, caller: owner } };
}

async function readSubjects(context: AccountContext): Promise<readonly string[]> {
  const { subjects } = await readJson<{ subjects: readonly unknown[] }>(
    context,
    MAX_DOCUMENT_BYTES,
  );
  const isList = Array.isArray(subjects) && subjects.length <= MAX_SUBJECTS;
  if (!isList || !subjects.every((subject) => typeof subject === "string"))
    throw invalid(`The document is not {"subjects": […]} with at most ${MAX_SUBJECTS} texts`);
  return subjects;
}
