import { createExecutionContext } from "cloudflare:test";
import { describe, expect, test, vi } from "vitest";
import { app } from "../../src/http/app.ts";
import { fetchAs, newAccount } from "../support/accounts.ts";
import { expectError, putObject, rawFetch, signedFetch, uniqueBucket } from "../support/client.ts";
import { advanceClock, faultyEnv } from "../support/faults.ts";
import { parsePrometheus, sampleOf } from "../support/prometheus.ts";
import { abort, createUpload, putPart } from "../support/multipart.ts";
import { SHARDS } from "../support/shards.ts";
import { setVersioning } from "../support/versions.ts";

const TOKEN = "a-token-of-this-test";
const withToken = faultyEnv({ METRICS_TOKEN: TOKEN } as Partial<Cloudflare.Env>);

function scrape(
  authorization: string | undefined,
  { path = "/_ledge/metrics?prefix=none", host = "127.0.0.1:8787", env = withToken } = {},
): Promise<Response> {
  const headers = { host, ...(authorization !== undefined && { authorization }) };
  const request = new Request(`http://${host}${path}`, { headers });
  return Promise.resolve(app.fetch(request, env, createExecutionContext()));
}

describe("who may read metrics", () => {
  test("whoever has the token, and the deployment's root by its signature", async () => {
    for (const scheme of ["Bearer", "bearer"]) {
      const response = await scrape(`${scheme} ${TOKEN}`);
      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
      expect(response.headers.get("cache-control")).toBe("no-store");
      expect([...parsePrometheus(await response.text()).keys()]).toContain("ledge_build_info");
    }
    const signed = await signedFetch("GET", "/_ledge/metrics", { query: { prefix: "none" } });
    expect(signed.status).toBe(200);
    await signed.arrayBuffer();
  });

  test.for(["Bearer wrong-token-of-this-test", `Bearer ${TOKEN}x`, `Bearer ${TOKEN.slice(0, -1)}`])(
    "nobody else: %s",
    async (authorization) => {
      await expectError(await scrape(authorization), 403, "AccessDenied");
    },
  );

  test("nobody without a signature, no other account, and no token where there is none", async () => {
    await expectError(await rawFetch("http://127.0.0.1:8787/_ledge/metrics"), 403, "AccessDenied");
    const { keys } = await newAccount();
    await expectError(await fetchAs(keys, "GET", "/_ledge/metrics"), 403, "AccessDenied");
    const env = faultyEnv({});
    await expectError(await scrape(`Bearer ${TOKEN}`, { env }), 403, "AccessDenied");
    const empty = faultyEnv({ METRICS_TOKEN: "" } as Partial<Cloudflare.Env>);
    await expectError(await scrape("Bearer x", { env: empty }), 403, "AccessDenied");
  });

  test("the token opens nothing else, and a bucket's own address has a key of that name", async () => {
    for (const path of ["/_ledge/audit", "/_ledge/metrics/x", "/"])
      expect((await scrape(`Bearer ${TOKEN}`, { path })).status, path).toBe(400);
    const bucket = await uniqueBucket();
    const host = `${bucket}.s3.localhost:8787`;
    expect((await scrape(`Bearer ${TOKEN}`, { host })).status).toBe(400);
    const post = new Request("http://127.0.0.1:8787/_ledge/metrics", {
      method: "POST",
      headers: { host: "127.0.0.1:8787", authorization: `Bearer ${TOKEN}` },
    });
    const answer = await app.fetch(post, withToken, createExecutionContext());
    expect(answer.status).toBe(405);
  });
});

test("a short token is a wrong setting, which is never told", async () => {
  const short = faultyEnv({ METRICS_TOKEN: "short" } as Partial<Cloudflare.Env>);
  const text = await expectError(
    await scrape("Bearer short", { env: short }),
    500,
    "InternalError",
  );
  expect(text).not.toContain("short");
});

test("a bucket's gauges are of all of its shards", async () => {
  const bucket = await uniqueBucket();
  const body = new Uint8Array(20 * 1024);
  for (const key of ["a", "b", "a", "b"]) await putObject(bucket, key, body);
  const text = await (await scrape(`Bearer ${TOKEN}`, metricsOf(bucket))).text();
  expect(sampleOf(text, `ledge_garbage_blobs{bucket="${bucket}"}`)).toBe(2);
  expect(sampleOf(text, `ledge_garbage_bytes{bucket="${bucket}"}`)).toBe(2 * body.byteLength);
  expect(sampleOf(text, `ledge_outbox_pending{bucket="${bucket}"}`)).toBe(0);
  expect(sampleOf(text, "ledge_scrape_shards")).toBe(SHARDS);
  const bytes = parsePrometheus(text).get("ledge_shard_database_bytes")?.samples;
  expect([...(bytes?.keys() ?? [])]).toEqual(
    Array.from(
      { length: SHARDS },
      (_, shard) => `ledge_shard_database_bytes{bucket="${bucket}",shard="${shard}"}`,
    ),
  );
});

test("a bucket's objects, versions, uploads, and bytes are counted as they are written", async () => {
  const bucket = await uniqueBucket();
  const tell = async () => {
    const text = await (await scrape(`Bearer ${TOKEN}`, metricsOf(bucket))).text();
    return COUNTS.map((name) => sampleOf(text, `ledge_bucket_${name}{bucket="${bucket}"}`));
  };
  expect(await tell()).toEqual([0, 0, 0, 0, 0, 0]);
  await putObject(bucket, "null", "12345");
  await setVersioning(bucket, "Enabled");
  for (const body of ["1", "12", "123"]) await putObject(bucket, "k", body);
  await putObject(bucket, "gone", "1234567");
  await signedFetch("DELETE", `/${bucket}/gone`);
  const uploadId = await createUpload(bucket, "u");
  await putPart(bucket, "u", uploadId, 1, new Uint8Array(100));
  await putPart(bucket, "u", uploadId, 1, new Uint8Array(90));
  later();
  expect(await tell()).toEqual([2, 5, 1, 18, 1, 90]);
  await abort(bucket, "u", uploadId);
  await signedFetch("DELETE", `/${bucket}/null`, { query: { versionId: "null" } });
  later();
  expect(await tell()).toEqual([1, 4, 1, 13, 0, 0]);
  vi.useRealTimers();
});

const COUNTS = ["objects", "versions", "delete_markers", "bytes", "uploads", "upload_bytes"];

/** Past the age at which shards are asked again. */
function later(): void {
  advanceClock(31_000);
}

function metricsOf(bucket: string): { readonly path: string } {
  return { path: `/_ledge/metrics?prefix=${bucket}` };
}
