import { createHash } from "node:crypto";
import { requireIamAllowed } from "../domain/access/iam-access.ts";
import { noteKeyUse } from "../domain/auth/key-use.ts";
import { boundedText } from "../lib/bounded-text.ts";
import { JsonSyntaxError, parseStrictJson } from "../lib/strict-json.ts";
import type { KmsAction, KmsContext } from "../operations/kms/action.ts";
import { KMS_ACTIONS, NOT_BUILT_KMS_ACTIONS } from "../operations/kms/kms-actions.ts";
import { S3Error } from "../protocol/errors.ts";
import { jsonParameters } from "../protocol/kms/json-parameters.ts";
import { KmsError, ofOtherError } from "../protocol/kms/kms-error.ts";
import { QueryError } from "../protocol/query-api/query-error.ts";
import type { QueryNode } from "../protocol/query-api/query-parameters.ts";
import type { KeyScope } from "../storage/ports/key-directory.ts";
import type { OtherAnswer, OtherApi, OtherRequest } from "./other-api.ts";
import { readSignedBody, signerOf } from "./other-signed.ts";
import { logInternalError } from "./render-error.ts";
import { withAudit } from "./with-audit.ts";

/** What `X-Amz-Target` begins with. */
const TARGET = "TrentService.";
const MAX_BODY_BYTES = 1024 * 1024;
const MAX_DEPTH = 10;
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/** Keys are a region's, and their ARNs name it. Never none: there is the key of SSE-S3, which is for no request. */
const REGION = /^[\w-]{1,64}$/;
/** Of a text that a client may make as long as it likes. */
const MAX_TEXT_LENGTH = 24 * 1024;

/**
 * The small KMS: `POST /` with `X-Amz-Target: TrentService.CreateKey` and a JSON object; a signature for the service `kms`, whose
 * region is the keys'; answers in JSON.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/Welcome.html
 */
export const kmsApi: OtherApi = {
  selects: ({ method, headers }) =>
    method === "POST" && headers.get("x-amz-target")?.startsWith(TARGET) === true,

  async answer(other) {
    const name = other.request.headers.get("x-amz-target")?.slice(TARGET.length) ?? "";
    const isKnown = Object.hasOwn(KMS_ACTIONS, name) || NOT_BUILT_KMS_ACTIONS.has(name);
    const operation = isKnown ? name : undefined;
    try {
      const result = await resultOf(other, name, isKnown);
      return { response: jsonAnswer(result, 200, other.requestId), operation };
    } catch (error) {
      return refusal(error, operation, other.requestId);
    }
  },
};

async function resultOf(
  other: OtherRequest,
  name: string,
  isKnown: boolean,
): Promise<object | undefined> {
  const { ports } = other;
  if (ports.settings.masterKey === undefined)
    throw new KmsError(
      "NotImplementedException",
      "KMS needs the secret MASTER_KEY, 32 random bytes in base64.",
    );
  const signed = await signerOf(other, ["kms"]);
  if (signed === undefined) throw new KmsError("MissingAuthenticationTokenException");
  const body = await readSignedBody(other, MAX_BODY_BYTES);
  if (body === undefined) throw new KmsError("RequestEntityTooLargeException");
  const request = signed.verify(createHash("sha256").update(body).digest("hex"));
  const { caller, credential } = signed;
  const { region } = credential;
  if (!REGION.test(region))
    throw new KmsError(
      "InvalidSignatureException",
      "Credential should be scoped to a valid region.",
    );
  noteKeyUse(caller, { service: "kms", region }, ports.accounts, other.waiter);
  const action = actionOf(name, isKnown);
  const parameters = parametersOf(body);
  const call = { ...other, request, service: "kms", name, parameters };
  return withAudit(call, caller, async (audit) => {
    const scope: KeyScope = {
      accountId: caller.account.id,
      region,
      ...(audit !== undefined && { audit }),
    };
    const context: KmsContext = { ...ports, caller, scope };
    const { on, handle } = action.prepare(parameters);
    if (caller.kind !== "root")
      for (const resource of await on(context))
        requireIamAllowed({ ...context, request }, `kms:${name}`, resource);
    return handle(context);
  });
}

/** @throws KmsError UnknownOperationException, NotImplementedException */
function actionOf(name: string, isKnown: boolean): KmsAction {
  const action = isKnown ? KMS_ACTIONS[name] : undefined;
  if (action !== undefined) return action;
  if (isKnown) throw new KmsError("NotImplementedException", `${name} is not implemented.`);
  throw new KmsError("UnknownOperationException");
}

/** @throws KmsError SerializationException */
function parametersOf(body: Uint8Array): QueryNode {
  try {
    const text = UTF8.decode(body);
    const value = parseStrictJson(text, MAX_DEPTH);
    const parameters = value instanceof Map ? jsonParameters(value) : undefined;
    if (parameters !== undefined) return parameters;
  } catch (error) {
    if (!(error instanceof JsonSyntaxError || error instanceof TypeError)) throw error;
  }
  throw new KmsError("SerializationException", "The body is not a JSON object.");
}

function jsonAnswer(value: object | undefined, status: number, requestId: string): Response {
  const text = value === undefined ? "" : JSON.stringify(value);
  const headers = {
    "Cache-Control": "no-cache, no-store, must-revalidate, private",
    "Content-Type": "application/x-amz-json-1.1",
    "Content-Length": String(Buffer.byteLength(text)),
    "x-amzn-RequestId": requestId,
  };
  return new Response(text, { status, headers });
}

function refusal(error: unknown, operation: string | undefined, requestId: string): OtherAnswer {
  const { code, message, status } = toKmsError(error);
  if (status === 500) logInternalError(error, requestId);
  const told = boundedText(message, MAX_TEXT_LENGTH);
  const response = jsonAnswer({ __type: code, message: told }, status, requestId);
  return { response, operation, code };
}

/** What is thrown on purpose passes; anything else is KMSInternalException, and nothing of the inside is shown. */
function toKmsError(error: unknown): KmsError {
  if (error instanceof KmsError) return error;
  const isOthers = error instanceof S3Error || error instanceof QueryError;
  return isOthers ? ofOtherError(error) : new KmsError("KMSInternalException");
}
