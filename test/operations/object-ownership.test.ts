import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { elements, expectError, putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import { ALL_USERS, aclOf, granteesOf, putAcl, setAcl } from "../support/acl.ts";
import { ANONYMOUS_ID, anonymously, putAnonymously } from "../support/anonymous.ts";
import { faultyEnv, faultyFetch, withMethods } from "../support/faults.ts";

const PUBLIC = { "x-amz-acl": "public-read" };
const query = { acl: "" };

type Ownership = "BucketOwnerEnforced" | "BucketOwnerPreferred" | "ObjectWriter";
type Switches = readonly ("BlockPublicAcls" | "IgnorePublicAcls")[];

let ownerId: string;
beforeAll(async () => {
  [ownerId = ""] = elements(await aclOf(await uniqueBucket()), "ID");
});

async function configure(bucket: string, subresource: string, body?: string): Promise<Response> {
  return signedFetch(body === undefined ? "DELETE" : "PUT", `/${bucket}`, {
    query: { [subresource]: "" },
    ...(body !== undefined && { body }),
  });
}

function putOwnership(bucket: string, ownership: Ownership): Promise<Response> {
  const rule = `<Rule><ObjectOwnership>${ownership}</ObjectOwnership></Rule>`;
  return configure(bucket, "ownershipControls", `<OwnershipControls>${rule}</OwnershipControls>`);
}

async function setOwnership(bucket: string, ownership: Ownership | undefined): Promise<void> {
  const answer = await (ownership === undefined
    ? configure(bucket, "ownershipControls")
    : putOwnership(bucket, ownership));
  expect(answer.ok, await answer.text()).toBe(true);
}

async function setBlock(bucket: string, ...switches: Switches): Promise<void> {
  const members = switches.map((name) => `<${name}>true</${name}>`).join("");
  const root = "PublicAccessBlockConfiguration";
  const answer = await configure(bucket, "publicAccessBlock", `<${root}>${members}</${root}>`);
  expect(answer.ok, await answer.text()).toBe(true);
}

const putCanned = (path: string, acl: string) => putAcl(path, { "x-amz-acl": acl });
const setCanned = (path: string, acl: string) => setAcl(path, { "x-amz-acl": acl });

const stranger = (path: string): Promise<Response> => anonymously("GET", `/${path}`);

async function ownersOf(bucket: string): Promise<string[]> {
  return elements(await (await signedFetch("GET", `/${bucket}`)).text(), "ID");
}

describe("where ACLs do not count", () => {
  test("stored ones sleep, the owner's is shown, and they come back", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "k", "body", PUBLIC);
    await setOwnership(bucket, "BucketOwnerEnforced");
    await expectError(await stranger(`${bucket}/k`), 403, "AccessDenied");
    expect(await granteesOf(`${bucket}/k`)).toEqual([ownerId]);
    expect(await granteesOf(bucket)).toEqual([ownerId]);
    await setOwnership(bucket, undefined);
    expect(await (await stranger(`${bucket}/k`)).text()).toBe("body");
    expect(await granteesOf(`${bucket}/k`)).toEqual([ALL_USERS, ownerId]);
  });

  test("none can be put, but what means nothing else", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "k", "body");
    await setOwnership(bucket, "BucketOwnerEnforced");
    for (const path of [bucket, `${bucket}/k`])
      for (const acl of ["private", "public-read", "bucket-owner-full-control"])
        await expectError(await putCanned(path, acl), 400, "AccessControlListNotSupported");
    for (const acl of ["private", "public-read"]) {
      const headers = { "x-amz-acl": acl };
      const code = "AccessControlListNotSupported";
      await expectError(
        await signedFetch("PUT", `/${bucket}/n`, { headers, body: "x" }),
        400,
        code,
      );
      const upload = { query: { uploads: "" }, headers };
      await expectError(await signedFetch("POST", `/${bucket}/n`, upload), 400, code);
      const copy = { headers: { ...headers, "x-amz-copy-source": `${bucket}/k` } };
      await expectError(await signedFetch("PUT", `/${bucket}/n`, copy), 400, code);
    }
    await putObject(bucket, "n", "body", { "x-amz-acl": "bucket-owner-full-control" });
    await putObject(bucket, "n", "body", { "x-amz-grant-full-control": `id=${ownerId}` });
  });

  test("objects of others are the bucket owner's, for as long as they do not", async () => {
    const bucket = await uniqueBucket();
    await setCanned(bucket, "public-read-write");
    await putAnonymously(`${bucket}/k`);
    expect(await ownersOf(bucket)).toEqual([ANONYMOUS_ID]);
    await expectError(await signedFetch("GET", `/${bucket}/k`), 403, "AccessDenied");
    await expectError(
      await putOwnership(bucket, "BucketOwnerEnforced"),
      400,
      "InvalidBucketAclWithObjectOwnership",
    );
    await setCanned(bucket, "private");
    await setOwnership(bucket, "BucketOwnerEnforced");
    expect(await ownersOf(bucket)).toEqual([ownerId]);
    expect(await (await signedFetch("GET", `/${bucket}/k`)).text()).toBe("theirs");
  });
});

test.for([
  ["ObjectWriter", "bucket-owner-full-control", ANONYMOUS_ID],
  ["BucketOwnerPreferred", "bucket-owner-full-control", "bucket's"],
  ["BucketOwnerPreferred", "bucket-owner-read", ANONYMOUS_ID],
] as const)("with %s, an object that comes with %s belongs to %s", async ([ownership, acl, id]) => {
  const bucket = await uniqueBucket();
  await setOwnership(bucket, ownership);
  await setCanned(bucket, "public-read-write");
  await putAnonymously(`${bucket}/k`, { "x-amz-acl": acl });
  expect(await ownersOf(bucket)).toEqual([id === ANONYMOUS_ID ? id : ownerId]);
  expect((await signedFetch("GET", `/${bucket}/k`)).status).toBe(200);
});

describe("public ACLs", () => {
  test("that are blocked are refused, and what is stored stays", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "k", "body", PUBLIC);
    await setBlock(bucket, "BlockPublicAcls");
    const refused = [
      await putCanned(bucket, "public-read"),
      await putCanned(bucket, "authenticated-read"),
      await putCanned(`${bucket}/k`, "public-read"),
      await signedFetch("PUT", `/${bucket}/n`, { headers: PUBLIC, body: "x" }),
      await signedFetch("POST", `/${bucket}/n`, { query: { uploads: "" }, headers: PUBLIC }),
      await signedFetch("PUT", `/${bucket}/n`, {
        headers: { ...PUBLIC, "x-amz-copy-source": `${bucket}/k` },
      }),
    ];
    for (const answer of refused) await expectError(answer, 403, "AccessDenied");
    await setCanned(`${bucket}/k`, "bucket-owner-read");
    await setBlock(bucket);
    await setCanned(`${bucket}/k`, "public-read");
    await setBlock(bucket, "BlockPublicAcls");
    expect((await stranger(`${bucket}/k`)).status).toBe(200);
  });

  test("that are ignored can be put, do not count, and are not shown", async () => {
    const bucket = await uniqueBucket();
    await setBlock(bucket, "IgnorePublicAcls");
    await putObject(bucket, "k", "body", PUBLIC);
    await setCanned(bucket, "public-read");
    for (const path of [bucket, `${bucket}/k`]) {
      expect((await stranger(path)).status).toBe(403);
      expect(await granteesOf(path)).toEqual([ownerId]);
    }
    await setBlock(bucket);
    for (const path of [bucket, `${bucket}/k`]) {
      expect((await stranger(path)).status).toBe(200);
      expect(await granteesOf(path)).toEqual([ALL_USERS, ownerId]);
    }
  });
});

describe("a gateway that remembers other settings", () => {
  /** What is remembered is remembered by the binding. */
  const other = faultyEnv({ DIRECTORY: withMethods(env.DIRECTORY, {}) });
  const send = (...given: Parameters<typeof signedFetch>) => faultyFetch(other, ...given);
  const upload = { headers: PUBLIC, body: "body" };

  test("refuses an ACL that was put to sleep since, and stores none", async () => {
    const bucket = await uniqueBucket();
    const path = `/${bucket}/k`;
    expect((await send("PUT", path, upload)).status).toBe(200);
    await setOwnership(bucket, "BucketOwnerEnforced");
    await expectError(await send("PUT", path, upload), 503, "SlowDown");
    await expectError(await send("PUT", path, upload), 400, "AccessControlListNotSupported");
    await setOwnership(bucket, undefined);
    expect((await send("PUT", path, upload)).status).toBe(200);
  });

  test("refuses one that was blocked since, shows none that are ignored since", async () => {
    const bucket = await uniqueBucket();
    const path = `/${bucket}/k`;
    expect((await send("PUT", path, upload)).status).toBe(200);
    await setBlock(bucket, "BlockPublicAcls", "IgnorePublicAcls");
    await expectError(await send("PUT", path, upload), 403, "AccessDenied");
    await setBlock(bucket);
    expect((await send("GET", path, { query })).status).toBe(200);
    await setBlock(bucket, "BlockPublicAcls", "IgnorePublicAcls");
    const shown = await (await send("GET", path, { query })).text();
    expect(elements(shown, "URI")).toEqual([]);
    await setBlock(bucket);
    await send("GET", path, { query });
    await setBlock(bucket, "BlockPublicAcls");
    const put = { query, headers: PUBLIC };
    await expectError(await send("PUT", path, put), 403, "AccessDenied");
    await expectError(await send("PUT", `/${bucket}`, put), 403, "AccessDenied");
  });
});

describe("a new bucket", () => {
  const asAws = faultyEnv({ NEW_BUCKETS: "aws" });
  const make = async (headers: Record<string, string>, bindings = asAws) => {
    const name = `bucket-${crypto.randomUUID()}`;
    return { name, answer: await faultyFetch(bindings, "PUT", `/${name}`, { headers }) };
  };
  const documentOf = async (bucket: string, subresource: string): Promise<string> =>
    (await signedFetch("GET", `/${bucket}`, { query: { [subresource]: "" } })).text();

  test("is as AWS makes it, where that is set", async () => {
    const { name, answer } = await make({});
    expect(answer.status).toBe(200);
    expect(elements(await documentOf(name, "ownershipControls"), "ObjectOwnership")).toEqual([
      "BucketOwnerEnforced",
    ]);
    const block = await documentOf(name, "publicAccessBlock");
    expect(block.match(/>true</g)).toHaveLength(4);
    const refused = await signedFetch("PUT", `/${name}/k`, { headers: PUBLIC, body: "x" });
    await expectError(refused, 400, "AccessControlListNotSupported");
    await putObject(name, "k", "body");
  });

  test.for([
    [{ "x-amz-acl": "public-read" }, "InvalidBucketAclWithObjectOwnership"],
    [
      { "x-amz-acl": "public-read", "x-amz-object-ownership": "ObjectWriter" },
      "InvalidBucketAclWithBlockPublicAccessError",
    ],
  ] as const)("with %j is %s there", async ([headers, code]) => {
    const { name, answer } = await make({ ...headers });
    await expectError(answer, 400, code);
    expect((await signedFetch("HEAD", `/${name}`)).status).toBe(404);
  });

  test.for(["BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"] as const)(
    "has %s if its request says so",
    async (ownership) => {
      for (const bindings of [asAws, env]) {
        const { name, answer } = await make({ "x-amz-object-ownership": ownership }, bindings);
        expect(answer.status).toBe(200);
        expect(elements(await documentOf(name, "ownershipControls"), "ObjectOwnership")).toEqual([
          ownership,
        ]);
      }
    },
  );

  test("of no ACLs cannot have one that grants anything to others", async () => {
    const headers = { "x-amz-acl": "public-read", "x-amz-object-ownership": "BucketOwnerEnforced" };
    const { answer } = await make(headers, env);
    await expectError(answer, 400, "InvalidBucketAclWithObjectOwnership");
  });
});
