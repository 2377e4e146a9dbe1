import { anonymously } from "./anonymous.ts";
import { putPolicy } from "./bucket-policy.ts";
import { signedFetch } from "./client.ts";
import { preflight, putCors } from "./cors.ts";
import { LISTABLE, publicRequest, putEdge, READABLE } from "./edge.ts";
import { EdgeCache } from "./edge-cache.ts";
import { INDEX, putWebsite, routingRule, visit } from "./website.ts";

/*
 * Requests of browsers whose cost is counted, from when the bucket is ready for them (`begin`).
 */

const ORIGIN = "https://o";

export async function readFromElsewhere(
  bucket: string,
  key: string,
  begin: () => void,
): Promise<Response> {
  await putCors(bucket, { origins: ["*"], methods: ["GET"] });
  begin();
  return signedFetch("GET", `/${bucket}/${key}`, { headers: { origin: ORIGIN } });
}

export async function askBefore(bucket: string, begin: () => void): Promise<Response> {
  await putCors(bucket, { origins: ["*"], methods: ["PUT"] });
  begin();
  return anonymously("OPTIONS", `/${bucket}/none`, { headers: preflight(ORIGIN, "PUT") });
}

export async function visitPage(bucket: string, key: string, begin: () => void): Promise<Response> {
  await putPolicy(bucket, { Action: "s3:GetObject", on: ["*"] });
  await putWebsite(bucket, INDEX);
  begin();
  return visit(bucket, `/${key}`);
}

export async function visitRedirect(bucket: string, begin: () => void): Promise<Response> {
  const rule = routingRule("", "<HostName>h</HostName>");
  await putWebsite(bucket, INDEX, `<RoutingRules>${rule}</RoutingRules>`);
  begin();
  return visit(bucket, "/none");
}

/** Reads an object by way of the cache, a gateway having read another one before. @param isThere in the cache */
export async function readAtEdge(
  bucket: string,
  key: string,
  isThere: boolean,
  begin: () => void,
): Promise<Response> {
  await putPolicy(bucket, READABLE, LISTABLE);
  await putEdge(bucket, 60);
  const cache = new EdgeCache();
  for (const before of ["inline-1", ...(isThere ? [key] : [])])
    await (await cache.send(publicRequest(`/${bucket}/${before}`))).arrayBuffer();
  begin();
  return cache.send(publicRequest(`/${bucket}/${key}`));
}
