import { refusalsOf } from "../../domain/access/extra-permission.ts";
import { renameKey } from "../../domain/rename-object.ts";
import { checkDestinationDates, checkSourceConditions } from "../../protocol/read-conditions.ts";
import { parseWriteConditions, type WriteConditions } from "../../protocol/write-conditions.ts";
import { parseRenameSource } from "../../protocol/copy-source.ts";
import { invalidArgument, S3Error } from "../../protocol/errors.ts";
import { REFUSED_OF_WRITES } from "../../protocol/refused-headers.ts";
import { emptyResponse } from "../../protocol/respond.ts";
import { WANTS_HEADERS } from "../../storage/ports/content-index.ts";
import { ofUpload } from "../access.ts";
import type { ObjectContext, ObjectOperation } from "../operation.ts";

/** What the caller needs to be allowed with the source; AWS has this operation in directory buckets only, whose actions are others. */
const SOURCE_ACTIONS = ["GetObject", "DeleteObject"];

const CLIENT_TOKEN = /^[!-~]{1,64}$/;

/**
 * `PUT /{bucket}/{key}?renameObject` with `x-amz-rename-source`: gives an object of the bucket this key, overwriting what
 * has it, unless a condition forbids that.
 *
 * Errors: InvalidArgument, InvalidRequest (a key that ends with a slash, or is its own new name), NoSuchKey,
 * PreconditionFailed, SlowDown.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_RenameObject.html
 */
export const renameObject: ObjectOperation = {
  name: "RenameObject",
  scope: "object",
  access: ofUpload(),
  refuses: REFUSED_OF_WRITES,
  async handle(context) {
    const { key } = context;
    const { headers } = context.request;
    const sourceKey = parseRenameSource(headers);
    checkKeys(sourceKey, key);
    for (const action of SOURCE_ACTIONS) {
      const [refusal] = await refusalsOf(context, action, [
        { key: sourceKey, versionId: undefined },
      ]);
      if (refusal !== undefined) throw refusal;
    }
    checkClientToken(headers.get("x-amz-client-token"));
    await renameKey(context, {
      sourceKey,
      key,
      checkSource: (source) => checkSourceConditions(headers, "x-amz-rename-source-", source),
      conditions: await destinationConditions(context),
    });
    return emptyResponse(200);
  },
};

function checkKeys(sourceKey: string, key: string): void {
  if (sourceKey.endsWith("/") || key.endsWith("/")) {
    const message = "A key that ends with a slash cannot be renamed, and cannot be a new name.";
    throw new S3Error("InvalidRequest", { message });
  }
  if (sourceKey === key) {
    const message =
      "This rename request is illegal because it is trying to rename an object to itself.";
    throw new S3Error("InvalidRequest", { message });
  }
}

/** Checks its form only: Ledge does not use it to recognize a repeated request. */
function checkClientToken(token: string | null): void {
  if (token !== null && !CLIENT_TOKEN.test(token))
    throw invalidArgument("The client token is not valid", "x-amz-client-token", token);
}

/** Dates are compared here, and then hold for the very object that they were compared with. */
async function destinationConditions({
  request: { headers },
  index,
  key,
}: ObjectContext): Promise<WriteConditions> {
  const conditions = parseWriteConditions(headers, "compared");
  if (!headers.has("if-modified-since") && !headers.has("if-unmodified-since")) return conditions;
  const found = await index.read(key, WANTS_HEADERS);
  const existing = found?.kind === "object" ? found : undefined;
  checkDestinationDates(headers, existing);
  if (existing === undefined) return { ...conditions, ifNoneMatch: "*" };
  const { etag, sequence: ifSequence } = existing;
  return { ...conditions, ifMatch: conditions.ifMatch ?? etag, ifSequence };
}
