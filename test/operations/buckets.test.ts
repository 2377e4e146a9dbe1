import { describe, expect, test } from "vitest";
import { elements, expectError, putObject, signedFetch, uniqueBucket } from "../support/client.ts";

function createIn(region: string, name = `in-${crypto.randomUUID()}`): Promise<Response> {
  const document = `<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LocationConstraint>${region}</LocationConstraint></CreateBucketConfiguration>`;
  return signedFetch("PUT", `/${name}`, { body: document });
}

describe("CreateBucket", () => {
  test("makes a bucket of the configured region", async () => {
    const name = `b-${crypto.randomUUID()}`;
    const created = await signedFetch("PUT", `/${name}`);
    expect([created.status, created.headers.get("location")]).toEqual([200, `/${name}`]);
    expect(created.headers.get("x-amz-bucket-arn")).toBe(`arn:aws:s3:::${name}`);
    const head = await signedFetch("HEAD", `/${name}`);
    expect([head.status, head.headers.get("x-amz-bucket-region")]).toEqual([200, "us-east-1"]);
    expect(head.headers.get("x-amz-bucket-arn")).toBe(`arn:aws:s3:::${name}`);
    const location = await (
      await signedFetch("GET", `/${name}`, { query: { location: "" } })
    ).text();
    expect(elements(location, "LocationConstraint")).toEqual([]);
    expect(location).toMatch(/<LocationConstraint [^>]*><\/LocationConstraint>/);
  });

  test("keeps and echoes any LocationConstraint", async () => {
    const name = `b-${crypto.randomUUID()}`;
    const created = await createIn("eu-west-7", name);
    expect(created.status).toBe(200);
    expect(created.headers.get("location")).toBe(`http://${name}.s3.localhost:8787/`);
    const location = await (
      await signedFetch("GET", `/${name}`, { query: { location: "" } })
    ).text();
    expect(location).toContain(">eu-west-7</LocationConstraint>");
  });

  test("in EU makes a bucket of eu-west-1", async () => {
    const name = `b-${crypto.randomUUID()}`;
    expect((await createIn("EU", name)).status).toBe(200);
    const head = await signedFetch("HEAD", `/${name}`, { region: "eu-west-1" });
    expect([head.status, head.headers.get("x-amz-bucket-region")]).toEqual([200, "eu-west-1"]);
    const page = await signedFetch("GET", `/${name}`);
    expect(page.headers.get("x-amz-bucket-region")).toBe("eu-west-1");
    const location = await signedFetch("GET", `/${name}`, { query: { location: "" } });
    expect(await location.text()).toContain(">EU</LocationConstraint>");
    const query = { prefix: name, "bucket-region": "eu-west-1" };
    const list = await (await signedFetch("GET", "/", { query })).text();
    expect(elements(list, "BucketRegion")).toEqual(["eu-west-1"]);
    expect(elements(list, "BucketArn")).toEqual([`arn:aws:s3:::${name}`]);
    const elsewhere = { prefix: name, "bucket-region": "eu-west-2" };
    const none = await (await signedFetch("GET", "/", { query: elsewhere })).text();
    expect(elements(none, "Name")).toEqual([]);
  });

  test.for([
    { header: "x-amz-object-ownership", value: "BucketOwnerEnforced", status: 200 },
    { header: "x-amz-object-ownership", value: "BucketOwnerPreferred", status: 200 },
    { header: "x-amz-object-ownership", value: "ObjectWriter", status: 200 },
    { header: "x-amz-object-ownership", value: "Nobody", status: 400 },
    { header: "x-amz-bucket-namespace", value: "global", status: 200 },
    { header: "x-amz-bucket-namespace", value: "account-regional", status: 501 },
  ])("with $header: $value is $status", async ({ header, value, status }) => {
    const name = `b-${crypto.randomUUID()}`;
    const headers = { [header]: value };
    expect((await signedFetch("PUT", `/${name}`, { headers })).status).toBe(status);
    expect((await signedFetch("HEAD", `/${name}`)).status).toBe(status === 200 ? 200 : 404);
  });

  test("once more by its owner is a success in us-east-1, and BucketAlreadyOwnedByYou elsewhere", async () => {
    const classic = await uniqueBucket();
    await putObject(classic, "kept", "x");
    expect((await signedFetch("PUT", `/${classic}`)).status).toBe(200);
    expect((await signedFetch("HEAD", `/${classic}/kept`)).status).toBe(200);
    const other = `b-${crypto.randomUUID()}`;
    await createIn("eu-central-1", other);
    await expectError(await createIn("eu-central-1", other), 409, "BucketAlreadyOwnedByYou");
  });

  test.for([
    "ab",
    "Upper",
    "under_score",
    "a..b",
    "192.168.1.1",
    "xn--a",
    "a-s3alias",
    "-a-b",
    "a".repeat(64),
  ])("%s is InvalidBucketName", async (name) => {
    await expectError(await signedFetch("PUT", `/${name}`), 400, "InvalidBucketName");
  });

  test.for([
    {
      body: "<CreateBucketConfiguration><LocationConstraint>no region!</LocationConstraint></CreateBucketConfiguration>",
      code: "InvalidLocationConstraint",
      status: 400,
    },
    {
      body: "<CreateBucketConfiguration><LocationConstraint></LocationConstraint></CreateBucketConfiguration>",
      code: "InvalidLocationConstraint",
      status: 400,
    },
    { body: "<CreateBucketConfiguration", code: "MalformedXML", status: 400 },
    { body: "<Other/>", code: "MalformedXML", status: 400 },
    {
      body: "<CreateBucketConfiguration><Bucket><Type>Directory</Type></Bucket></CreateBucketConfiguration>",
      code: "NotImplemented",
      status: 501,
    },
  ])("$body is $code", async ({ body, code, status }) => {
    const name = `b-${crypto.randomUUID()}`;
    await expectError(await signedFetch("PUT", `/${name}`, { body }), status, code);
    expect((await signedFetch("HEAD", `/${name}`)).status).toBe(404);
  });
});

describe("DeleteBucket", () => {
  test("takes an empty bucket away, and its name can be used again", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "k", "first life");
    await signedFetch("DELETE", `/${bucket}/k`);
    expect((await signedFetch("DELETE", `/${bucket}`)).status).toBe(204);
    expect((await signedFetch("HEAD", `/${bucket}`)).status).toBe(404);
    await expectError(await signedFetch("GET", `/${bucket}`), 404, "NoSuchBucket");
    await expectError(await signedFetch("DELETE", `/${bucket}`), 404, "NoSuchBucket");
    expect((await signedFetch("PUT", `/${bucket}`)).status).toBe(200);
    await putObject(bucket, "k", "second life");
    expect(await (await signedFetch("GET", `/${bucket}/k`)).text()).toBe("second life");
  });

  test("refuses a bucket with an object in any shard, which stays usable", async () => {
    for (let i = 0; i < 5; i += 1) {
      const bucket = await uniqueBucket();
      await putObject(bucket, `key-${i}`, "x");
      await expectError(await signedFetch("DELETE", `/${bucket}`), 409, "BucketNotEmpty");
      await Promise.all(Array.from({ length: 10 }, (_, n) => putObject(bucket, `later-${n}`, "x")));
    }
  });

  test("racing with writes loses no acknowledged object", async () => {
    for (let round = 0; round < 5; round += 1) {
      const bucket = await uniqueBucket();
      const writes = Array.from({ length: 20 }, (_, n) =>
        signedFetch("PUT", `/${bucket}/k${n}`, { body: "x" }),
      );
      const [deleted, ...put] = await Promise.all([signedFetch("DELETE", `/${bucket}`), ...writes]);
      const kept = put.filter(({ status }) => status === 200).length;
      if (deleted.status === 204) {
        expect(kept).toBe(0);
      } else {
        const list = await (await signedFetch("GET", `/${bucket}`)).text();
        expect(elements(list, "Key")).toHaveLength(kept);
      }
    }
  });
});

describe("ListBuckets", () => {
  test("lists by prefix, in pages, with owner and region", async () => {
    const prefix = `list-${crypto.randomUUID().slice(0, 8)}-`;
    for (const end of ["c", "a", "b"]) await signedFetch("PUT", `/${prefix}${end}`);
    const seen: string[] = [];
    let token = "";
    for (;;) {
      const query = { prefix, "max-buckets": "2", "continuation-token": token };
      const document = await (await signedFetch("GET", "/", { query })).text();
      seen.push(...elements(document, "Name"));
      expect(elements(document, "BucketRegion")[0]).toBe("us-east-1");
      const [next] = elements(document, "ContinuationToken");
      if (next === undefined) break;
      token = next;
    }
    expect(seen).toEqual([`${prefix}a`, `${prefix}b`, `${prefix}c`]);
  });

  test("filters by region", async () => {
    const name = `b-${crypto.randomUUID()}`;
    await createIn("ap-east-9", name);
    const document = await (
      await signedFetch("GET", "/", { query: { "bucket-region": "ap-east-9" } })
    ).text();
    expect(elements(document, "Name")).toEqual([name]);
  });

  test.for(["0", "10001", "x"])("max-buckets %s is InvalidArgument", async (maxBuckets) => {
    const response = await signedFetch("GET", "/", { query: { "max-buckets": maxBuckets } });
    await expectError(response, 400, "InvalidArgument");
  });
});
