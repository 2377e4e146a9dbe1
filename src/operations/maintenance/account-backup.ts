import {
  type AccountManifest,
  beginAccountRestore,
  finishAccountRestore,
  putAccountPage,
  sealAccountBackup,
} from "../../domain/backup/account-backup.ts";
import { readDocument } from "../../domain/body/read-document.ts";
import { emptyResponse, jsonResponse } from "../../protocol/respond.ts";
import type { S3Request } from "../../protocol/s3-request.ts";
import { ofRootWithMasterKey } from "../accounts/of-root.ts";
import type { AccountOperation } from "../operation.ts";
import { invalid, readJson } from "./read-json.ts";

/** The SHA-256 of each of 10,000 pages, which are far more than one Directory can have. */
const MAX_MANIFEST_BYTES = 1024 * 1024;
const MAX_PAGES = 10_000;
/** As a Directory makes them, with room. */
const MAX_PAGE_BYTES = 1024 * 1024;

/** What `ledge backup --all` and `ledge restore --all` do with accounts; `docs/backup.md` describes it. @returns undefined: the request is about none of it */
export function accountBackupOperationFor({
  method,
  key = "",
}: Pick<S3Request, "key" | "method">): AccountOperation | undefined {
  return OPERATIONS[`${method} ${key}`];
}

const OPERATIONS: Readonly<Record<string, AccountOperation>> = {
  /** `GET /_ledge/accounts/backup?after=` → `{"rows": [{"table", "columns"}], "next", "lastChange"}` */
  "GET accounts/backup": ofRootWithMasterKey("ExportAccounts", async ({ request, backups }) =>
    jsonResponse(await backups.ofAccounts("exportAccounts", afterOf(request))),
  ),
  /** `POST /_ledge/accounts/backup/seal` with `{"sha256s": […]}`, of its pages → `{"accountId", "sha256s", "seal"}` */
  "POST accounts/backup/seal": ofRootWithMasterKey("SealAccountBackup", async (context) => {
    const { sha256s } = await readJson<AccountManifest>(context, MAX_MANIFEST_BYTES);
    if (!areSums(sha256s)) throw invalid("The document has no list of SHA-256");
    return jsonResponse(sealAccountBackup(context, sha256s));
  }),
  /**
   * `POST /_ledge/accounts/restore` with what that answered → `{"token", "state": "begun" | "finished"}`; InvalidRequest,
   * EntityAlreadyExists
   */
  "POST accounts/restore": ofRootWithMasterKey("BeginAccountRestore", async (context) => {
    const said = await readJson<AccountManifest>(context, MAX_MANIFEST_BYTES);
    const { accountId, sha256s, seal } = said;
    if (typeof accountId !== "string" || typeof seal !== "string" || !areSums(sha256s))
      throw invalid("The document says not what is to be restored");
    return jsonResponse(await beginAccountRestore(context, { accountId, sha256s, seal }));
  }),
  /** `PUT /_ledge/accounts/restore/rows?page=`, a page as it was backed up: lines of JSON. 204; InvalidRequest */
  "PUT accounts/restore/rows": ofRootWithMasterKey("PutAccountRows", async (context) => {
    const page = Number(context.request.query.get("page") ?? Number.NaN);
    if (!Number.isSafeInteger(page)) throw invalid("page is no number");
    const rows = await readDocument(context, MAX_PAGE_BYTES);
    await putAccountPage(context, tokenOf(context.request), page, rows);
    return emptyResponse(204);
  }),
  /** `POST /_ledge/accounts/restore/finish` → `{"rows"}`, how many there are since; OperationAborted, EntityAlreadyExists, InvalidRequest */
  "POST accounts/restore/finish": ofRootWithMasterKey("FinishAccountRestore", async (context) =>
    jsonResponse({ rows: await finishAccountRestore(context, tokenOf(context.request)) }),
  ),
};

function tokenOf({ headers }: S3Request): string {
  return headers.get("x-ledge-restore") ?? "";
}

/** @throws S3Error InvalidRequest */
function afterOf({ query }: S3Request): string {
  const after = query.get("after") ?? "";
  if (after === "") return after;
  try {
    const position: unknown = JSON.parse(after);
    const isKey = (each: unknown): boolean => typeof each === "string" || Number.isFinite(each);
    if (Array.isArray(position) && position.length < 5 && position.every(isKey)) return after;
  } catch {
    // Told below.
  }
  throw invalid("after is not what a page has said");
}

function areSums(list: unknown): list is readonly string[] {
  return (
    Array.isArray(list) &&
    list.length <= MAX_PAGES &&
    list.every((each) => typeof each === "string" && /^[0-9a-f]{64}$/.test(each))
  );
}
