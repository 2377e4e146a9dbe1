import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { env } from "cloudflare:workers";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { fetchAs, newAccount } from "../support/accounts.ts";
import { policyText } from "../support/policy-text.ts";
import { elements, expectError, putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import { expectOk } from "../support/documents.ts";
import { advanceClock, bucketIdOf } from "../support/faults.ts";
import { runDueAlarm, startClock } from "../support/shards.ts";
import { remove, setVersioning } from "../support/versions.ts";

const DAY_MS = 86_400_000;

beforeAll(startClock);
afterAll(() => vi.useRealTimers());

interface Described {
  readonly id?: string;
  readonly included?: "All" | "Current";
  readonly fields?: readonly string[];
  readonly filter?: string;
  readonly destination?: string;
  readonly format?: string;
  readonly frequency?: string;
  readonly enabled?: boolean;
}

function inventoryOf(target: string, described: Described = {}): string {
  const { id = "daily", included = "All", fields = [], filter, destination = "" } = described;
  const optional = fields.map((field) => `<Field>${field}</Field>`).join("");
  return `<InventoryConfiguration><Id>${id}</Id><IsEnabled>${described.enabled ?? true}</IsEnabled>${filter === undefined ? "" : `<Filter><Prefix>${filter}</Prefix></Filter>`}<Destination><S3BucketDestination><Format>${described.format ?? "CSV"}</Format><Bucket>arn:aws:s3:::${target}</Bucket><Prefix>reports</Prefix>${destination}</S3BucketDestination></Destination><Schedule><Frequency>${described.frequency ?? "Daily"}</Frequency></Schedule><IncludedObjectVersions>${included}</IncludedObjectVersions>${optional === "" ? "" : `<OptionalFields>${optional}</OptionalFields>`}</InventoryConfiguration>`;
}

function putInventory(bucket: string, body: string, id = "daily"): Promise<Response> {
  return signedFetch("PUT", `/${bucket}`, { query: { inventory: "", id }, body });
}

async function keysIn(bucket: string): Promise<string[]> {
  const listing = await signedFetch("GET", `/${bucket}`, { query: { "list-type": "2" } });
  return elements(await listing.text(), "Key");
}

interface Manifest {
  readonly fileSchema: string;
  readonly files: readonly {
    readonly key: string;
    readonly size: number;
    readonly MD5checksum: string;
  }[];
}

/** Lets the reports of a bucket be made that are due within a day. */
async function runReports(bucket: string, days = 1): Promise<void> {
  const shard = `${await bucketIdOf(bucket)}/0`;
  await runDueAlarm(shard);
  advanceClock(days * DAY_MS + 3_600_000);
  await runDueAlarm(shard);
}

/** The rows of the only report there is, by the names of its schema, as any reader of CSV has them. */
async function reportIn(target: string): Promise<Record<string, string>[]> {
  const keys = await keysIn(target);
  const manifestKey = keys.find((key) => key.endsWith("manifest.json")) ?? "";
  const text = await (await signedFetch("GET", `/${target}/${manifestKey}`)).text();
  const checksum = await signedFetch(
    "GET",
    `/${target}/${manifestKey.replace(".json", ".checksum")}`,
  );
  expect(await checksum.text()).toBe(createHash("md5").update(text).digest("hex"));
  const { files, fileSchema } = JSON.parse(text) as Manifest;
  const names = fileSchema.split(", ");
  const rows: Record<string, string>[] = [];
  for (const { key, size, MD5checksum } of files) {
    const bytes = Buffer.from(await (await signedFetch("GET", `/${target}/${key}`)).arrayBuffer());
    expect(bytes.byteLength).toBe(size);
    expect(createHash("md5").update(bytes).digest("hex")).toBe(MD5checksum);
    for (const line of gunzipSync(bytes).toString().trimEnd().split("\n")) {
      const values = [...line.matchAll(/"((?:[^"]|"")*)"/g)].map(([, value = ""]) => value);
      expect(values, line).toHaveLength(names.length);
      rows.push(Object.fromEntries(names.map((name, i) => [name, values[i] ?? ""])));
    }
  }
  return rows;
}

test("a report has all versions and delete markers of all shards, with what was asked for", async () => {
  const [bucket, target] = [await uniqueBucket(), await uniqueBucket()];
  await setVersioning(bucket, "Enabled");
  for (let i = 0; i < 8; i += 1) await putObject(bucket, `k-${i}`, "x".repeat(i));
  const newer = await putObject(bucket, "k-1", "newer", { "x-amz-storage-class": "GLACIER" });
  await remove(bucket, "k-2");
  await putObject(bucket, 'a ü/"b"', "odd", {
    "x-amz-checksum-algorithm": "CRC32",
    "x-amz-server-side-encryption": "AES256",
  });
  const fields = [
    "Size",
    "ETag",
    "StorageClass",
    "LastModifiedDate",
    "EncryptionStatus",
    "ChecksumAlgorithm",
    "IsMultipartUploaded",
    "ObjectOwner",
    "ObjectAccessControlList",
  ];
  await expectOk(putInventory(bucket, inventoryOf(target, { fields })), 204);
  await runReports(bucket);
  const rows = await reportIn(target);
  expect(rows).toHaveLength(11);
  expect(rows.every((row) => row["Bucket"] === bucket)).toBe(true);
  expect(rows.filter(({ IsLatest }) => IsLatest === "true")).toHaveLength(9);
  const ofOne = rows.filter(({ Key }) => Key === "k-1");
  expect(ofOne.map(({ IsLatest, Size }) => `${IsLatest} ${Size}`).sort()).toEqual([
    "false 1",
    "true 5",
  ]);
  const latest = ofOne.find(({ IsLatest }) => IsLatest === "true");
  expect(latest).toMatchObject({
    VersionId: newer.headers.get("x-amz-version-id"),
    ETag: newer.headers.get("etag")?.replaceAll('"', ""),
    StorageClass: "GLACIER",
    EncryptionStatus: "NOT-SSE",
    IsMultipartUploaded: "false",
    IsDeleteMarker: "false",
  });
  const acl = JSON.parse(
    Buffer.from(latest?.["ObjectAccessControlList"] ?? "", "base64").toString(),
  ) as object;
  expect(acl).toMatchObject({
    status: "AVAILABLE",
    grants: [
      { canonicalId: latest?.["ObjectOwner"], type: "CanonicalUser", permission: "FULL_CONTROL" },
    ],
  });
  const marker = rows.find(({ IsDeleteMarker }) => IsDeleteMarker === "true");
  expect(marker).toMatchObject({
    Key: "k-2",
    IsLatest: "true",
    Size: "",
    ETag: "",
    StorageClass: "",
  });
  const odd = rows.find(({ Key }) => Key?.startsWith("a"));
  expect(odd?.["Key"]).toBe("a%20%C3%BC/%22b%22");
  expect(odd?.["EncryptionStatus"]).toBe("SSE-S3");
});

test("a report of current versions under a prefix has neither older ones nor markers", async () => {
  const [bucket, target] = [await uniqueBucket(), await uniqueBucket()];
  await setVersioning(bucket, "Enabled");
  for (const key of ["in/a", "in/a", "in/b", "out/c", "in/d"]) await putObject(bucket, key, "x");
  await remove(bucket, "in/d");
  await expectOk(
    putInventory(bucket, inventoryOf(target, { included: "Current", filter: "in/" })),
    204,
  );
  await runReports(bucket);
  const rows = await reportIn(target);
  expect(rows.map(({ Key = "" }) => Key).toSorted()).toEqual(["in/a", "in/b"]);
  expect(Object.keys(rows[0] ?? {})).toEqual(["Bucket", "Key"]);
});

test("a report says what it has where Hive looks, and is encrypted as its destination says", async () => {
  const [bucket, target] = [await uniqueBucket(), await uniqueBucket()];
  await putObject(bucket, "a", "a");
  const destination = "<Encryption><SSE-S3/></Encryption>";
  await expectOk(putInventory(bucket, inventoryOf(target, { destination })), 204);
  await runReports(bucket);
  const keys = await keysIn(target);
  expect(
    keys.map((key) =>
      key
        .replace(bucket, "SOURCE")
        .replaceAll(/[0-9a-f-]{36}|\d{4}-\d\d-\d\d/g, "…")
        .replaceAll(/\d\d-\d\d/g, "…"),
    ),
  ).toEqual([
    "reports/SOURCE/daily/…T…Z/manifest.checksum",
    "reports/SOURCE/daily/…T…Z/manifest.json",
    "reports/SOURCE/daily/data/….csv.gz",
    "reports/SOURCE/daily/hive/dt=…-…/symlink.txt",
  ]);
  const data = keys.find((key) => key.includes("/data/"));
  const links = keys.find((key) => key.includes("/hive/"));
  expect(await (await signedFetch("GET", `/${target}/${links}`)).text()).toBe(
    `s3://${target}/${data}\n`,
  );
  for (const key of keys) {
    const found = await signedFetch("HEAD", `/${target}/${key}`);
    expect(found.headers.get("x-amz-server-side-encryption")).toBe("AES256");
  }
});

test("reports come daily, those of one that is disabled or deleted do not, and weekly ones on Sundays", async () => {
  const [bucket, target] = [await uniqueBucket(), await uniqueBucket()];
  await putObject(bucket, "a", "a");
  await expectOk(putInventory(bucket, inventoryOf(target)), 204);
  await expectOk(
    putInventory(bucket, inventoryOf(target, { id: "off", enabled: false }), "off"),
    204,
  );
  await expectOk(
    putInventory(bucket, inventoryOf(target, { id: "w", frequency: "Weekly" }), "w"),
    204,
  );
  for (let day = 0; day < 7; day += 1) await runReports(bucket, 1);
  const manifests = (await keysIn(target)).filter((key) => key.endsWith("manifest.json"));
  expect(manifests.filter((key) => key.includes("/daily/")).length).toBeGreaterThanOrEqual(7);
  expect(manifests.filter((key) => key.includes("/off/"))).toEqual([]);
  const weekly = manifests.filter((key) => key.includes("/w/"));
  expect(weekly).toHaveLength(1);
  expect(new Date(/\d{4}-\d\d-\d\d/.exec(weekly[0] ?? "")?.[0] ?? "").getUTCDay()).toBe(0);
  await expectOk(
    signedFetch("DELETE", `/${bucket}`, { query: { inventory: "", id: "daily" } }),
    204,
  );
  await runReports(bucket);
  const after = (await keysIn(target)).filter(
    (key) => key.includes("/daily/") && key.endsWith("manifest.json"),
  );
  expect(after).toHaveLength(manifests.filter((key) => key.includes("/daily/")).length);
});

test("a report goes to another account's bucket only if that lets it in", async () => {
  const { keys } = await newAccount();
  const [bucket, target] = [await uniqueBucket(), `theirs-${crypto.randomUUID()}`];
  await expectOk(fetchAs(keys, "PUT", `/${target}`));
  await putObject(bucket, "a", "a");
  await expectOk(putInventory(bucket, inventoryOf(target)), 204);
  await runReports(bucket);
  const listed = async () =>
    elements(await (await fetchAs(keys, "GET", `/${target}`)).text(), "Key").length;
  expect(await listed()).toBe(0);
  const body = policyText(target, [
    {
      Principal: { Service: "s3.amazonaws.com" },
      Action: "s3:PutObject",
      on: ["*"],
      Condition: { ArnLike: { "aws:SourceArn": `arn:aws:s3:::${bucket}` } },
    },
  ]);
  await expectOk(fetchAs(keys, "PUT", `/${target}?policy`, { body }), 204);
  await runReports(bucket);
  expect(await listed()).toBe(4);
});

test.for([
  ["another id than the request", { id: "other" }, 400, "IdMismatch"],
  ["a format that is not built", { format: "Parquet" }, 501, "NotImplemented"],
  ["no format that there is", { format: "XLS" }, 400, "MalformedXML"],
  ["a field that there is not", { fields: ["Colour"] }, 400, "MalformedXML"],
  ["no frequency that there is", { frequency: "Hourly" }, 400, "MalformedXML"],
] as const)("an inventory with %s is refused", async ([, described, status, code]) => {
  const bucket = await uniqueBucket();
  await expectError(await putInventory(bucket, inventoryOf(bucket, described)), status, code);
});

test("an inventory is told as it was put, alone and in a list", async () => {
  const bucket = await uniqueBucket();
  const fields = ["ETag", "Size"];
  await expectOk(putInventory(bucket, inventoryOf(bucket, { fields })), 204);
  const query = { inventory: "", id: "daily" };
  const told = await (await signedFetch("GET", `/${bucket}`, { query })).text();
  expect(elements(told, "Field")).toEqual(fields);
  expect(told).not.toContain("source");
  const list = await signedFetch("GET", `/${bucket}`, { query: { inventory: "" } });
  expect(elements(await list.text(), "Id")).toEqual(["daily"]);
  expect(env.INDEX_SHARDS).toMatch(/^[14]$/);
});
