import { beforeAll, describe, expect, test } from "vitest";
import { expectError, signedFetch } from "../support/client.ts";
import { expectOk, putDocument } from "../support/documents.ts";
import { lockedBucket } from "../support/object-lock.ts";

interface Kind {
  readonly subresource: string;
  readonly root: string;
  /** Of a document that is taken. */
  readonly content: string;
  /** An element of it, which comes once. */
  readonly child: string;
  readonly isVouchedFor: boolean;
  /** 64 when absent. */
  readonly maxKib?: number;
}

const KINDS: readonly Kind[] = [
  {
    subresource: "abac",
    root: "AbacStatus",
    content: "<Status>Enabled</Status>",
    child: "<Status>Disabled</Status>",
    isVouchedFor: false,
  },
  {
    subresource: "accelerate",
    root: "AccelerateConfiguration",
    content: "<Status>Suspended</Status>",
    child: "<Status>Enabled</Status>",
    isVouchedFor: false,
  },
  {
    subresource: "cors",
    root: "CORSConfiguration",
    content:
      "<CORSRule><ID>r</ID><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod><AllowedHeader>x-*</AllowedHeader><MaxAgeSeconds>0</MaxAgeSeconds><ExposeHeader>ETag</ExposeHeader></CORSRule>",
    // A rule that lacks its method.
    child: "<CORSRule><AllowedOrigin>*</AllowedOrigin></CORSRule>",
    isVouchedFor: true,
  },
  {
    subresource: "encryption",
    root: "ServerSideEncryptionConfiguration",
    content:
      "<Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>alias/app</KMSMasterKeyID></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>true</BucketKeyEnabled><BlockedEncryptionTypes><EncryptionType>SSE-C</EncryptionType></BlockedEncryptionTypes></Rule>",
    child: "<Rule/>",
    isVouchedFor: true,
  },
  {
    subresource: "lifecycle",
    root: "LifecycleConfiguration",
    content:
      "<Rule><ID>r</ID><Filter><And><Prefix>p/</Prefix><Tag><Key>k</Key><Value>v</Value></Tag><ObjectSizeGreaterThan>1</ObjectSizeGreaterThan></And></Filter><Status>Enabled</Status><Expiration><Days>9</Days></Expiration><Transition><Days>8</Days><StorageClass>GLACIER</StorageClass></Transition><NoncurrentVersionExpiration><NoncurrentDays>2</NoncurrentDays><NewerNoncurrentVersions>3</NewerNoncurrentVersions></NoncurrentVersionExpiration></Rule>",
    // A rule that does nothing.
    child: "<Rule><Prefix/><Status>Enabled</Status></Rule>",
    isVouchedFor: true,
    maxKib: 1024,
  },
  {
    subresource: "object-lock",
    root: "ObjectLockConfiguration",
    content: "<ObjectLockEnabled>Enabled</ObjectLockEnabled>",
    child: "<ObjectLockEnabled>Enabled</ObjectLockEnabled>",
    isVouchedFor: true,
  },
  {
    subresource: "ownershipControls",
    root: "OwnershipControls",
    content: "<Rule><ObjectOwnership>BucketOwnerPreferred</ObjectOwnership></Rule>",
    child: "<Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule>",
    isVouchedFor: true,
  },
  {
    subresource: "publicAccessBlock",
    root: "PublicAccessBlockConfiguration",
    content:
      "<BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>false</IgnorePublicAcls><BlockPublicPolicy>false</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets>",
    child: "<BlockPublicAcls>true</BlockPublicAcls>",
    isVouchedFor: true,
  },
  {
    subresource: "requestPayment",
    root: "RequestPaymentConfiguration",
    content: "<Payer>Requester</Payer>",
    child: "<Payer>BucketOwner</Payer>",
    isVouchedFor: true,
  },
  {
    subresource: "tagging",
    root: "Tagging",
    content: "<TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet>",
    child: "<TagSet/>",
    isVouchedFor: true,
  },
  {
    subresource: "website",
    root: "WebsiteConfiguration",
    content:
      "<IndexDocument><Suffix>i</Suffix></IndexDocument><ErrorDocument><Key>e</Key></ErrorDocument>",
    child: "<ErrorDocument><Key>f</Key></ErrorDocument>",
    isVouchedFor: true,
    maxKib: 128,
  },
  {
    subresource: "versioning",
    root: "VersioningConfiguration",
    content: "<Status>Enabled</Status>",
    child: "<Status>Enabled</Status>",
    isVouchedFor: false,
  },
];

/** What a document is put with, beside what is right. */
interface Fault {
  readonly because: string;
  readonly code: string;
  readonly content?: (kind: Kind) => string;
  readonly root?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const FAULTS: readonly Fault[] = [
  { because: "is another's", code: "MalformedXML", root: "Other" },
  { because: "breaks off", code: "MalformedXML", content: ({ content }) => `${content}<` },
  { because: "has text", code: "MalformedXML", content: ({ content }) => `${content} text` },
  {
    because: "has what is unknown",
    code: "MalformedXML",
    content: ({ content }) => `${content}<Unknown/>`,
  },
  {
    because: "has twice what comes once",
    code: "MalformedXML",
    content: ({ content, child }) => content + child,
  },
  {
    because: "is too long",
    code: "MalformedXML",
    content: ({ content, maxKib = 64 }) => content + " ".repeat(maxKib * 1024),
  },
  {
    because: "is not what its Content-MD5 says",
    code: "BadDigest",
    headers: { "content-md5": "1B2M2Y8AsgTpgAmY7PhCfg==" },
  },
  {
    because: "has a Content-MD5 that is none",
    code: "InvalidDigest",
    headers: { "content-md5": "x" },
  },
];

describe.for(KINDS)("?$subresource", (kind) => {
  const { subresource, root, content, isVouchedFor } = kind;
  const query = { [subresource]: "" };
  let path = "";
  let before = "";

  const get = async (): Promise<string> => {
    const response = await expectOk(signedFetch("GET", path, { query }));
    return response.text();
  };

  beforeAll(async () => {
    path = `/${await lockedBucket()}`;
    await putDocument(path, query, root, content);
    before = await get();
  });

  test("is written as it was put, in S3's namespace", () => {
    expect(before).toBe(
      `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${content}</${root}>`,
    );
  });

  test.for(FAULTS)("that $because is $code, and not kept", async (fault) => {
    const response = await putDocument(
      path,
      query,
      fault.root ?? root,
      fault.content?.(kind) ?? content,
      fault.headers,
    );
    await expectError(response, 400, fault.code);
    expect(await get()).toBe(before);
  });

  test("is taken in no namespace, and in another", async () => {
    for (const namespace of ["", ' xmlns="urn:other"']) {
      const body = `<${root}${namespace}>${content}</${root}>`;
      const response = await signedFetch("PUT", path, { query, body });
      expect(response.ok, await response.text()).toBe(true);
    }
    expect(await get()).toBe(before);
  });

  test("that nothing vouches for is taken only where AWS does", async () => {
    const headers = { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" };
    const response = await putDocument(path, query, root, content, headers);
    expect(response.ok).toBe(!isVouchedFor);
    if (isVouchedFor) await expectError(response, 400, "InvalidRequest");
  });

  test("of a bucket that is another account's than expected is AccessDenied", async () => {
    const headers = { "x-amz-expected-bucket-owner": "999999999999" };
    const put = await putDocument(path, query, root, content, headers);
    await expectError(put, 403, "AccessDenied");
    await expectError(await signedFetch("GET", path, { query, headers }), 403, "AccessDenied");
  });
});
