import { expect, test } from "vitest";
import { writeXml } from "../../../../src/lib/xml-writer.ts";
import { readXml } from "../../../../src/protocol/read-xml.ts";
import { S3Error } from "../../../../src/protocol/errors.ts";
import type { Account } from "../../../../src/protocol/owner.ts";
import {
  accountGrant,
  type Acl,
  groupGrant,
  isPublicAcl,
  PERMISSIONS,
  privateAcl,
} from "../../../../src/protocol/acl/acl.ts";
import { aclContent, readAcl } from "../../../../src/protocol/acl/acl-document.ts";
import { type AclTarget, cannedAcl } from "../../../../src/protocol/acl/canned-acl.ts";
import { readAclHeaders, readAclRequest } from "../../../../src/protocol/acl/read-acl.ts";
import {
  checkAclsCount,
  checkOwnership,
  checkUploadAcl,
  ownerOfNewObject,
  OWNERSHIPS,
  shownAcl,
} from "../../../../src/protocol/acl/ownership.ts";
import {
  OwnershipControls,
  ownershipOf,
  parseObjectOwnership,
} from "../../../../src/protocol/acl/ownership-controls.ts";
import {
  publicAccessBlock,
  PublicAccessBlockConfiguration,
} from "../../../../src/protocol/public-access-block.ts";
import {
  aclOfAccess,
  ownerOfAccess,
  storedAccess,
} from "../../../../src/protocol/acl/stored-acl.ts";
import vectors from "../../../vectors/acl/requests.json";

const OWNER: Account = { id: "111111111111", canonicalId: "owner", displayName: "M. Owner" };
const WRITER: Account = { id: "222222222222", canonicalId: "writer", displayName: "" };
const BUCKET: AclTarget = { kind: "bucket", owner: OWNER, bucketOwner: OWNER };
const OBJECT: AclTarget = { kind: "object", owner: WRITER, bucketOwner: OWNER };
const NOTHING = new Uint8Array();

const EMAILS: Readonly<Record<string, Account>> = {
  "owner@example.com": OWNER,
  "a+b@example.com": WRITER,
};

async function find(name: { canonicalId: string } | { email: string }) {
  if ("email" in name) return EMAILS[name.email];
  return [OWNER, WRITER].find(({ canonicalId }) => canonicalId === name.canonicalId);
}

/** `AllUsers READ, owner FULL_CONTROL` */
function summary({ grants }: Acl): string {
  return grants
    .map(
      ({ grantee, permission }) =>
        `${grantee.kind === "group" ? grantee.group : grantee.canonicalId} ${permission}`,
    )
    .join(", ");
}

test.for([
  ["private", "owner FULL_CONTROL", "writer FULL_CONTROL"],
  ["public-read", "owner FULL_CONTROL, AllUsers READ", "writer FULL_CONTROL, AllUsers READ"],
  [
    "public-read-write",
    "owner FULL_CONTROL, AllUsers READ, AllUsers WRITE",
    "writer FULL_CONTROL, AllUsers READ, AllUsers WRITE",
  ],
  [
    "authenticated-read",
    "owner FULL_CONTROL, AuthenticatedUsers READ",
    "writer FULL_CONTROL, AuthenticatedUsers READ",
  ],
  ["aws-exec-read", "owner FULL_CONTROL", "writer FULL_CONTROL"],
  ["bucket-owner-read", "owner FULL_CONTROL", "writer FULL_CONTROL, owner READ"],
  ["bucket-owner-full-control", "owner FULL_CONTROL", "writer FULL_CONTROL, owner FULL_CONTROL"],
] as const)(
  "%s grants %s on a bucket, and %s on another's object",
  ([name, onBucket, onObject]) => {
    expect(summary(cannedAcl(name, BUCKET))).toBe(onBucket);
    expect(summary(cannedAcl(name, OBJECT))).toBe(onObject);
  },
);

test("a bucket owner's own object needs no second grant to it", () => {
  const target = { ...OBJECT, owner: OWNER };
  expect(summary(cannedAcl("bucket-owner-read", target))).toBe("owner FULL_CONTROL");
});

test("logs are delivered to buckets, not to objects", () => {
  expect(summary(cannedAcl("log-delivery-write", BUCKET))).toBe(
    "owner FULL_CONTROL, LogDelivery WRITE, LogDelivery READ_ACP",
  );
  expect(() => cannedAcl("log-delivery-write", OBJECT)).toThrow(S3Error);
});

function request(asked: { headers?: Readonly<Record<string, string>>; document?: string }) {
  const document = asked.document === undefined ? NOTHING : Buffer.from(asked.document);
  return readAclRequest(new Headers(asked.headers), document, BUCKET, find);
}

test.for(vectors.refused)("a request with $name is $error.Code", async ({ error, ...asked }) => {
  const { Code, Message, ...fields } = error;
  const refusal: unknown = await request(asked as Parameters<typeof request>[0]).catch(
    (thrown: unknown) => thrown,
  );
  expect(refusal).toBeInstanceOf(S3Error);
  expect(refusal).toMatchObject({
    code: Code,
    fields,
    ...(Message !== undefined && { message: Message }),
  });
});

test.for(vectors.accepted)("a request with $name grants $grants", async ({ grants, ...asked }) => {
  expect(summary(await request(asked as Parameters<typeof request>[0]))).toBe(grants);
});

function xml(acl: Acl): string {
  return writeXml(["AccessControlPolicy", aclContent(acl)]);
}

test("an ACL is answered with its groups first, and is read as it was written", async () => {
  const grants = [
    accountGrant(OWNER, "FULL_CONTROL"),
    groupGrant("AllUsers", "READ"),
    accountGrant(WRITER, "READ_ACP"),
    groupGrant("LogDelivery", "WRITE"),
  ];
  const document = xml({ owner: OWNER, grants });
  const acl = await readAclRequest(new Headers(), Buffer.from(document), BUCKET, find);
  expect(summary(acl)).toBe(
    "AllUsers READ, LogDelivery WRITE, owner FULL_CONTROL, writer READ_ACP",
  );
  expect(xml(acl)).toBe(document);
  expect(document).toContain(
    '<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"><ID>owner</ID><DisplayName>M. Owner</DisplayName></Grantee>',
  );
});

test("an ACL has 100 grants at most, and each account is looked up once", async () => {
  const grants = (count: number) =>
    Array.from({ length: count }, () => accountGrant(WRITER, "READ"));
  const document = (count: number) => Buffer.from(xml({ owner: OWNER, grants: grants(count) }));
  let lookups = 0;
  const counting: typeof find = async (name) => {
    lookups += 1;
    return find(name);
  };
  const acl = await readAclRequest(new Headers(), document(100), BUCKET, counting);
  expect(acl.grants).toHaveLength(100);
  expect(lookups).toBe(1);
  expect(() => readAcl(document(101))).toThrow(new S3Error("MalformedACLError"));
  const header = new Headers({ "x-amz-grant-read": Array(101).fill('id="writer"').join() });
  await expect(readAclHeaders(header, BUCKET, find)).rejects.toThrow(
    new S3Error("MalformedACLError"),
  );
});

test("whose new objects are", () => {
  const owners = [undefined, ...OWNERSHIPS].map((ownership) =>
    [null, "private", "bucket-owner-full-control"].map(
      (canned) => ownerOfNewObject(ownership, canned, WRITER, OWNER).canonicalId,
    ),
  );
  expect(owners).toEqual([
    ["writer", "writer", "writer"],
    ["owner", "owner", "owner"],
    ["writer", "writer", "owner"],
    ["writer", "writer", "writer"],
  ]);
});

test.for([
  [{}, true],
  [{ "x-amz-acl": "bucket-owner-full-control" }, true],
  [{ "x-amz-grant-full-control": "id=owner" }, true],
  [{ "x-amz-acl": "private" }, false],
  [{ "x-amz-acl": "public-read" }, false],
  [{ "x-amz-grant-read": "id=owner" }, false],
  [{ "x-amz-grant-full-control": "id=writer" }, false],
  [{ "x-amz-grant-full-control": "id=owner, id=writer" }, false],
] as const)(
  "where ACLs do not count, an upload with %j is let in: %j",
  async ([headers, isLetIn]) => {
    const requested = await readAclHeaders(new Headers(headers), { ...OBJECT, owner: OWNER }, find);
    const check = (ownership: "BucketOwnerEnforced" | "ObjectWriter") => () =>
      checkUploadAcl(ownership, requested, OWNER);
    expect(check("ObjectWriter")).not.toThrow();
    if (isLetIn) expect(check("BucketOwnerEnforced")).not.toThrow();
    else expect(check("BucketOwnerEnforced")).toThrow(new S3Error("AccessControlListNotSupported"));
  },
);

test("where ACLs do not count, none is put, and the owner's is shown", () => {
  expect(() => checkAclsCount("BucketOwnerEnforced")).toThrow("The bucket does not allow ACLs");
  expect(() => checkAclsCount(undefined)).not.toThrow();
  const acl = cannedAcl("public-read", OBJECT);
  expect(summary(shownAcl(acl, "BucketOwnerEnforced", OWNER))).toBe("owner FULL_CONTROL");
  expect(shownAcl(acl, "BucketOwnerPreferred", OWNER)).toBe(acl);
});

test("a bucket whose ACL grants something to others cannot have its ACL put to sleep", () => {
  const refused = new S3Error("InvalidBucketAclWithObjectOwnership");
  expect(() => checkOwnership("BucketOwnerEnforced", cannedAcl("public-read", BUCKET))).toThrow(
    refused,
  );
  expect(() => checkOwnership("BucketOwnerEnforced", privateAcl(OWNER))).not.toThrow();
  expect(() =>
    checkOwnership("BucketOwnerPreferred", cannedAcl("public-read", BUCKET)),
  ).not.toThrow();
});

const controls = (...values: readonly string[]) =>
  `<OwnershipControls>${values.map((value) => `<Rule><ObjectOwnership>${value}</ObjectOwnership></Rule>`).join("")}</OwnershipControls>`;

test.for([[], ["BucketOwnerPreferred", "ObjectWriter"], ["RandomValue"], [""]])(
  "ownership controls of the rules %j are MalformedXML",
  (values) => {
    const read = () => readXml(controls(...values), "OwnershipControls", OwnershipControls);
    expect(read).toThrow(new S3Error("MalformedXML"));
  },
);

test.for(OWNERSHIPS)("ownership controls say %s", (ownership) => {
  const document = readXml(controls(ownership), "OwnershipControls", OwnershipControls);
  expect(ownershipOf(document)).toBe(ownership);
  expect(parseObjectOwnership(new Headers({ "x-amz-object-ownership": ownership }))).toBe(
    ownership,
  );
});

test("a new bucket's ownership is one that S3 has, or none is given", () => {
  expect(parseObjectOwnership(new Headers())).toBeUndefined();
  const fields = { ArgumentName: "x-amz-object-ownership" };
  for (const value of ["RandomValue", ""]) {
    const message = `Invalid x-amz-object-ownership header: ${value}`;
    expect(() => parseObjectOwnership(new Headers({ "x-amz-object-ownership": value }))).toThrow(
      new S3Error("InvalidArgument", { message, fields }),
    );
  }
});

test("a switch against public access that is not named is off, and one that is on anywhere counts", () => {
  const document =
    "<PublicAccessBlockConfiguration><IgnorePublicAcls>TRUE</IgnorePublicAcls><BlockPublicPolicy>false</BlockPublicPolicy></PublicAccessBlockConfiguration>";
  const read = readXml(document, "PublicAccessBlockConfiguration", PublicAccessBlockConfiguration);
  const off = {
    BlockPublicAcls: false,
    IgnorePublicAcls: false,
    BlockPublicPolicy: false,
    RestrictPublicBuckets: false,
  };
  expect(publicAccessBlock(undefined)).toEqual(off);
  expect(publicAccessBlock(read)).toEqual({ ...off, IgnorePublicAcls: true });
  const ofAccount = { ...off, RestrictPublicBuckets: true };
  expect(publicAccessBlock(read, ofAccount)).toEqual({ ...ofAccount, IgnorePublicAcls: true });
});

test("what nearly every object has takes no room, and everything else is stored as it is", () => {
  expect(storedAccess(privateAcl(OWNER), OWNER)).toBeUndefined();
  expect(aclOfAccess(undefined, OWNER)).toEqual(privateAcl(OWNER));
  expect(ownerOfAccess(undefined)).toBeUndefined();
  const acls = [
    privateAcl(WRITER),
    { owner: OWNER, grants: [] },
    { owner: OWNER, grants: PERMISSIONS.map((permission) => accountGrant(OWNER, permission)) },
    cannedAcl("public-read-write", OBJECT),
    cannedAcl("log-delivery-write", BUCKET),
    cannedAcl("authenticated-read", OBJECT),
  ];
  for (const acl of acls) {
    const access = storedAccess(acl, OWNER);
    expect(aclOfAccess(access, OWNER)).toEqual(acl);
    expect(ownerOfAccess(access)).toEqual(acl.owner === OWNER ? undefined : acl.owner);
  }
  expect(storedAccess(cannedAcl("public-read", BUCKET), OWNER)).toBe(
    '{"g":[["a","owner","M. Owner",15],["g","AllUsers","",1]]}',
  );
  expect(storedAccess(cannedAcl("public-read", OBJECT), OWNER)).toBe(
    '{"o":["writer","","222222222222"],"g":[["a","writer","",15],["g","AllUsers","",1]]}',
  );
});

test.for([
  ["private", false],
  ["public-read", true],
  ["authenticated-read", true],
  ["log-delivery-write", false],
] as const)("%s is public: %j", ([name, isPublic]) => {
  expect(isPublicAcl(cannedAcl(name, BUCKET))).toBe(isPublic);
});
