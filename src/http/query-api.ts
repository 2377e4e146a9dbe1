import { createHash } from "node:crypto";
import { requireIamAllowed, requireUsableFor } from "../domain/access/iam-access.ts";
import { noteKeyUse } from "../domain/auth/key-use.ts";
import type { Action, QueryContext, UnsignedAction } from "../operations/query/action.ts";
import { IAM, type QueryApi, STS } from "../operations/query/query-apis.ts";
import { ANONYMOUS, type SignedCaller } from "../protocol/caller.ts";
import { queryAnswer, queryErrorAnswer } from "../protocol/query-api/query-answers.ts";
import { ofS3Error, QueryError } from "../protocol/query-api/query-error.ts";
import { parseQueryParameters, type QueryNode } from "../protocol/query-api/query-parameters.ts";
import type { XmlContent } from "../lib/xml-writer.ts";
import type { AccountScope } from "../storage/ports/identity-directory.ts";
import type { OtherAnswer, OtherApi, OtherRequest } from "./other-api.ts";
import { readSignedBody, signerOf } from "./other-signed.ts";
import { logInternalError, toS3Error } from "./render-error.ts";
import { type AuditedCall, withAudit } from "./with-audit.ts";

const APIS: readonly QueryApi[] = [IAM, STS];
const SERVICES = APIS.map(({ service }) => service);
const UTF8 = new TextDecoder();

/** Some policies fit in it, and their escapes: AWS takes documents of 131,072 characters. */
const MAX_BODY_BYTES = 1024 * 1024;
/** Of strangers: a token of 20,000 characters, a policy of 2,048, and ten ARNs of as many fit in it, each character escaped. */
const MAX_UNSIGNED_BYTES = 128 * 1024;

/** What is found out of a request on its way, for its answer and the log. */
interface Found {
  api?: QueryApi;
  name?: string;
}

/**
 * IAM and STS: `POST /` with form-encoded parameters, or `GET /?Action=…`, with or without more of them in the query; a signature
 * for the service, in any region, of all that is sent; answers in XML.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/programming.html
 */
export const queryApi: OtherApi = {
  selects({ method, headers, query }) {
    if (method === "GET") return query.has("Action");
    const type = headers.get("content-type")?.toLowerCase() ?? "";
    return method === "POST" && type.startsWith("application/x-www-form-urlencoded");
  },

  async answer(other) {
    const found: Found = {};
    try {
      const result = await resultOf(other, found);
      const { api = IAM, name = "" } = found;
      const response = queryAnswer(name, api.namespace, result, other.requestId);
      return { response, operation: name };
    } catch (error) {
      return refusal(error, found, other.requestId);
    }
  },
};

async function resultOf(other: OtherRequest, found: Found): Promise<XmlContent | undefined> {
  const { ports } = other;
  if (ports.settings.masterKey === undefined)
    throw new QueryError("NotImplemented", {
      message: "IAM and STS need the secret MASTER_KEY, 32 random bytes in base64.",
    });
  const signed = await signerOf(other, SERVICES);
  const limitBytes = signed === undefined ? MAX_UNSIGNED_BYTES : MAX_BODY_BYTES;
  const body = await readSignedBody(other, limitBytes);
  if (body === undefined) throw new QueryError("RequestEntityTooLarge");
  const request = signed?.verify(createHash("sha256").update(body).digest("hex")) ?? other.request;
  const parameters = parseQueryParameters([UTF8.decode(body), request.rawQuery]);
  if (parameters === undefined)
    throw new QueryError("MalformedInput", { message: "There are too many parameters." });
  const action = actionOf(parameters, found);
  const { api: { service } = IAM, name = "" } = found;
  const call: Call = { ...other, request, service, name, parameters };
  if (action.isUnsigned === true) return performUnsigned(action, call);
  if (signed === undefined) throw new QueryError("MissingAuthenticationToken");
  if (service !== signed.credential.service)
    throw new QueryError("SignatureDoesNotMatch", {
      message: `Credential should be scoped to correct service: '${service}'. `,
    });
  const { region } = signed.credential;
  noteKeyUse(signed.caller, { service, region }, ports.accounts, other.waiter);
  return performSigned(action, call, signed.caller);
}

/** A request that is what its signer has sent, or that nobody signed. */
interface Call extends AuditedCall {
  readonly service: QueryApi["service"];
}

async function performUnsigned(
  action: UnsignedAction,
  call: Call,
): Promise<XmlContent | undefined> {
  const { ports, request, waiter, parameters } = call;
  const { handle } = action.prepare(parameters);
  return withAudit(call, ANONYMOUS, async () => handle({ ...ports, request, waiter }));
}

function performSigned(
  action: Action,
  call: Call,
  caller: SignedCaller,
): Promise<XmlContent | undefined> {
  const { ports, request, waiter, service, name, parameters } = call;
  return withAudit(call, caller, async (audit) => {
    requireUsableFor(caller, service, name);
    const isDeployments = caller.account.id === ports.settings.account.id;
    const scope: AccountScope = {
      account: caller.account,
      ...(isDeployments && { isDeployments }),
      ...(audit !== undefined && service === "iam" && { audit }),
    };
    const context: QueryContext = { ...ports, request, waiter, caller, scope };
    const { on, handle } = action.prepare(parameters);
    if (on !== undefined && caller.kind !== "root")
      for (const resource of [await on(context)].flat())
        requireIamAllowed(context, `${service}:${name}`, resource);
    return handle(context);
  });
}

/** @throws QueryError MissingAction, InvalidAction, NotImplemented */
function actionOf(parameters: QueryNode, found: Found): Action | UnsignedAction {
  const name = textOf(parameters, "Action");
  const version = textOf(parameters, "Version");
  if (name === undefined) throw new QueryError("MissingAction");
  const api = APIS.find((each) => each.version === version);
  if (api !== undefined) {
    found.api = api;
    const { actions, notBuilt } = api;
    const isKnown = Object.hasOwn(actions, name) || notBuilt.has(name);
    if (isKnown) found.name = name;
    if (isKnown && actions[name] !== undefined) return actions[name];
    if (isKnown) throw new QueryError("NotImplemented", { message: `${name} is not implemented.` });
  }
  const told = `${name.slice(0, 128)} for version ${version?.slice(0, 32) ?? "NO_VERSION_SPECIFIED"}`;
  throw new QueryError("InvalidAction", { message: `Could not find operation ${told}` });
}

function textOf({ members }: QueryNode, name: string): string | undefined {
  const text = members?.get(name)?.text;
  return text === "" ? undefined : text;
}

function refusal(error: unknown, { api = IAM, name }: Found, requestId: string): OtherAnswer {
  const failure = toQueryError(error);
  if (failure.status === 500) logInternalError(error, requestId);
  const response = queryErrorAnswer(failure, api.namespace, requestId);
  return { response, operation: name, code: failure.code };
}

/** What is thrown on purpose passes; anything else is InternalFailure, and nothing of the inside is shown. */
function toQueryError(error: unknown): QueryError {
  if (error instanceof QueryError) return error;
  const failure = toS3Error(error);
  return failure.code === "InternalError" ? new QueryError("InternalFailure") : ofS3Error(failure);
}
