import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CloudflareApi } from "../../cli/deploy/cloudflare-api.ts";
import { wranglerConfiguration } from "../../cli/deploy/configuration.ts";
import { readDeployOptions } from "../../cli/deploy/deploy-options.ts";
import {
  plannedFile,
  requireKnownAddress,
  requireKnownBindings,
} from "../../cli/deploy/planned-file.ts";
import { findResources, type Place } from "../../cli/deploy/resources.ts";
import { readManifest } from "../../cli/package-files.ts";
import { ACCOUNT_ID, CloudflareStandIn } from "../support/cloudflare-stand-in.ts";
import type { UploadedWorker } from "../support/deployed-worker.ts";

let cloudflare: CloudflareStandIn;
let place: Place;
beforeEach(async () => {
  cloudflare = new CloudflareStandIn();
  await cloudflare.start();
  const api = new CloudflareApi({ type: "api_token", token: "token" }, cloudflare.apiBase);
  place = { api, accountId: ACCOUNT_ID, name: "ledge", jurisdiction: undefined };
});
afterEach(() => cloudflare.stop());

describe("an update from another folder", () => {
  const options = (...args: readonly string[]) => {
    const read = readDeployOptions(["--update", ...args]);
    if (read === "help") throw new Error("no options");
    return read;
  };
  /** What Wrangler would be given, where no file tells of the deployment. */
  async function updated(...args: readonly string[]) {
    const given = options(...args);
    const resources = await findResources(place);
    const { worker } = resources;
    if (worker === undefined) throw new Error("no Worker");
    const file = plannedFile(given, undefined, place, resources);
    requireKnownAddress(worker, file);
    requireKnownBindings(worker, given.droppedBindings);
    const { configuration } = readManifest();
    return wranglerConfiguration(configuration, file, {}, worker);
  }
  function bind(...bindings: readonly UploadedWorker["bindings"][number][]): void {
    cloudflare.buckets.add("ledge-blobs");
    const blobs = { name: "BLOBS", type: "r2_bucket", bucket_name: "ledge-blobs" };
    const metadata = { compatibility_date: "2026-11-01", keep_bindings: [] };
    cloudflare.uploaded = { name: "ledge", script: "", bindings: [blobs, ...bindings], metadata };
  }
  const QUEUE = { name: "ORDERS", type: "queue", queue_name: "orders" };
  const ANALYTICS = { name: "ANALYTICS", type: "analytics_engine", dataset: "ledge" };

  test("takes no queue, no data points, and no host away", async () => {
    bind(QUEUE, ANALYTICS);
    cloudflare.domains = ["s3.example.com", "files.example.com"];
    expect(await updated()).toMatchObject({
      queues: { producers: [{ binding: "ORDERS", queue: "orders" }] },
      analytics_engine_datasets: [{ binding: "ANALYTICS" }],
      workers_dev: false,
      routes: [{ pattern: "s3.example.com" }, { pattern: "files.example.com" }],
    });
    const more = await updated("--queue", "MORE=more", "--domain", "new.example.com");
    expect(more).toMatchObject({
      queues: { producers: [{ binding: "ORDERS" }, { binding: "MORE" }] },
      routes: [{ pattern: "new.example.com" }, { pattern: "s3.example.com" }, {}],
    });
  });

  test("takes away what it is told to", async () => {
    bind(QUEUE, ANALYTICS, { name: "OTHER", type: "d1" });
    const args = ["ORDERS", "ANALYTICS", "OTHER"].flatMap((name) => ["--drop-binding", name]);
    const made = await updated(...args);
    expect(made).not.toHaveProperty("queues");
    expect(made).not.toHaveProperty("analytics_engine_datasets");
  });

  test("is refused where it would take away what is not Ledge's, with the option that says so", async () => {
    bind(QUEUE, { name: "OTHER", type: "d1" }, { name: "MAIL", type: "send_email" });
    await expect(updated()).rejects.toThrow(
      "OTHER (d1), MAIL (send_email). An update would take them away: say --drop-binding OTHER --drop-binding MAIL",
    );
  });

  test("is refused where nobody can see at which hosts the Worker is", async () => {
    bind();
    cloudflare.domains = undefined;
    await expect(updated()).rejects.toThrow("--domain HOST");
    expect(await updated("--domain", "s3.example.com")).toMatchObject({
      routes: [{ pattern: "s3.example.com" }],
    });
  });

  test("does not bring a Worker to workers.dev that is behind a route", async () => {
    bind();
    cloudflare.isOnWorkersDev = false;
    await expect(updated()).rejects.toThrow("--endpoint URL");
    expect(await updated("--endpoint", "https://s3.example.com")).toMatchObject({
      workers_dev: false,
    });
  });
});
