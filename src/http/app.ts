import { Hono } from "hono/tiny";
import { noteKeyUse } from "../domain/auth/key-use.ts";
import type { Ports } from "../domain/ports.ts";
import { NotBuiltError, operationFor } from "../operations/registry.ts";
import type { S3Request } from "../protocol/s3-request.ts";
import type { Caller } from "../protocol/caller.ts";
import { addressOf } from "./address.ts";
import { answerPreflight, shareWithOrigin } from "./cors.ts";
import { dateHeader } from "./date-header.ts";
import { type Deployment, deploymentOf, portsOf } from "./deployment.ts";
import { refuseMisreadContinue } from "./expect-continue.ts";
import { withHoistedHeaders } from "./hoisted-headers.ts";
import { otherApiOf } from "./other-api.ts";
import { refuseForeign } from "./own-host.ts";
import { type EntrypointCaller, publicLaneOf } from "./public-lane.ts";
import { readOn, readUnused } from "./read-on.ts";
import { logInternalError, renderError, toS3Error } from "./render-error.ts";
import { newRequestIds } from "./request-ids.ts";
import { tellOfRequest } from "./request-done.ts";
import { bodyTimes } from "./request-log.ts";
import { websiteApi } from "./website.ts";
import { websiteBucketOf } from "./website-host.ts";
import { authenticated, authenticatedForm, run } from "./run.ts";

/** The name of a CORS preflight in the log. */
const PREFLIGHT = "Preflight";

export const app = new Hono<{ Bindings: Cloudflare.Env }>();

/** `/_ledge/` cannot be a bucket: no bucket's name begins with `_`. */
app.get("/_ledge/health", (c) =>
  c.json({ status: "ok" }, { headers: { date: dateHeader(Date.now()) } }),
);

/** S3 does not dispatch by path: everything else goes one way, and the registry says what a request is. */
app.all("*", (c) => answer(c.req.raw, c.env, c.executionCtx));

/** A request target that is no path, such as `*`, matches no route. */
app.notFound((c) => answer(c.req.raw, c.env, c.executionCtx));

async function answer(
  raw: Request,
  env: Cloudflare.Env,
  waiter: EntrypointCaller,
): Promise<Response> {
  const startedMs = Date.now();
  const began = performance.now();
  const ids = newRequestIds();
  let deployment: Deployment | undefined;
  let ports: Ports | undefined;
  let request: S3Request | undefined;
  let operation: string | undefined;
  let code: string | undefined;
  let caller: Caller | undefined;
  let isWebsite = false;
  let response: Response;
  try {
    deployment = deploymentOf(env);
    const { settings } = deployment;
    const website = websiteBucketOf(raw.headers.get("host"), settings);
    isWebsite = website !== undefined;
    request = addressOf(raw, settings.virtualHostSuffix, website);
    const passing = deployment.guard?.pass(startedMs);
    if (passing !== undefined) await passing;
    refuseMisreadContinue(raw);
    if (settings.ownHost !== undefined) refuseForeign(raw, settings);
    ports = { ...portsOf(env, deployment, waiter), publicLane: publicLaneOf(waiter) };
    const { identities } = deployment;
    const other = website === undefined ? otherApiOf(request) : websiteApi;
    if (raw.method === "OPTIONS") {
      operation = PREFLIGHT;
      response = await answerPreflight(request, ports);
    } else if (other !== undefined) {
      const answered = await other.answer({ request, ports, identities, waiter, ...ids });
      ({ operation, code, response } = answered);
      if (code !== undefined) response = await readOn(response, raw);
    } else {
      const hoisted = withHoistedHeaders(request);
      const selected = operationFor(hoisted);
      operation = selected.name;
      const received = request;
      const authenticate = () =>
        selected.isForm === true
          ? authenticatedForm(received, settings.bodyIdleMs, identities, waiter)
          : authenticated(received, hoisted, identities, waiter);
      const verified = ports.spans?.enter("authenticate", authenticate) ?? authenticate();
      // Nearly always without waiting.
      const authentication = verified instanceof Promise ? await verified : verified;
      ({ request, caller } = authentication);
      const { signedRegion } = authentication;
      const place = { service: "s3", region: signedRegion?.region ?? settings.region };
      noteKeyUse(caller, place, ports.accounts, waiter);
      response = await run(selected, authentication, ports, { ...ids, waiter });
    }
    if (raw.body !== null && !raw.bodyUsed) await readUnused(raw);
  } catch (error) {
    const failure = toS3Error(error);
    ({ code } = failure);
    if (failure !== error) logInternalError(error, ids.requestId);
    if (failure instanceof NotBuiltError) ({ operation } = failure);
    response = await readOn(renderError(failure, raw.method, ids), raw);
  }
  // A bucket that there is not has no rules, and to look for it once more would cost a call.
  const mayBeShared = operation !== PREFLIGHT && code !== "NoSuchBucket";
  if (raw.headers.has("origin") && mayBeShared && request !== undefined && ports !== undefined)
    await shareWithOrigin(response, raw, request.bucket, ports);
  response.headers.set("date", dateHeader(Date.now()));
  response.headers.set("x-amz-request-id", ids.requestId);
  response.headers.set("x-amz-id-2", ids.hostId);
  response.headers.set("server", "Ledge");
  const edge = ports?.publicLane?.result;
  if (edge === "hit" || edge === "miss") response.headers.set("x-cache", edge.toUpperCase());
  // Undefined when a setting is wrong: that has failed above, with the name of the setting in the log.
  if (deployment?.settings.noTransform === true && !response.headers.has("cache-control"))
    response.headers.set("cache-control", "no-transform");
  ports?.spans?.tell({ "s3.operation": operation, "s3.bucket": request?.bucket, "s3.code": code });
  const known = { ids, raw, caller, response, code, startedMs, ...bodyTimes(raw.body, began) };
  const told = { ...known, operation, request, edge, isWebsite };
  return tellOfRequest(told, deployment, ports, waiter);
}
