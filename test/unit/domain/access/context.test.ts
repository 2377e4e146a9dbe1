import { expect, test } from "vitest";
import { NEEDS_OBJECT, parseConditionKey } from "../../../../src/protocol/policy/context.ts";
import { type RequestFacts, requestContext } from "../../../../src/domain/access/context.ts";
import { ANONYMOUS, OTHER, OWNER, roleSessionOf, rootOf, userOf } from "../../../support/policy.ts";

const NOW_MS = Date.UTC(2026, 10, 26, 10, 0, 0);
const TAGS = [
  { key: "Team", value: "Red" },
  { key: "b", value: "" },
];

const FACTS: RequestFacts = {
  caller: userOf(OWNER),
  headers: new Headers({
    ...{ "user-agent": "curl", referer: "http://example.com/", "x-amz-acl": "private" },
    ...{ "if-match": '"e"', "x-amz-storage-class": "GLACIER", "x-amz-object-if-match": '"f"' },
    ...{ "x-amz-object-ownership": "ObjectWriter", "x-amz-content-sha256": "UNSIGNED-PAYLOAD" },
    "x-amz-server-side-encryption-aws-kms-key-id": "arn:aws:kms:::key/1",
  }),
  nowMs: NOW_MS,
  isSecure: true,
  sourceIp: "192.0.2.1",
  tlsVersion: "1.3",
  region: "us-east-1",
  signature: { type: "REST-QUERY-STRING", version: "AWS4-HMAC-SHA256", signedMs: NOW_MS - 1500 },
  bucket: { owner: OWNER, tags: TAGS },
  object: { acl: { owner: OWNER, grants: [] }, tags: TAGS },
  operation: {
    listing: { prefix: "", delimiter: undefined, maxKeys: 1000 },
    copySource: { bucket: "from", key: "a b", versionId: "v1" },
    objectTags: TAGS,
    bucketTags: TAGS,
    retention: { mode: "GOVERNANCE", retainUntilMs: NOW_MS + 86_400_001 },
    eventHold: { isOn: true, years: 2 },
    legalHold: "ON",
    isObjectCreation: false,
    locationConstraint: "eu-west-1",
    annotationPrefix: "x",
    maxAnnotationResults: 10,
    inventoryFields: ["Size"],
  },
};

function valueOf(action: string, key: string, facts: Partial<RequestFacts> = {}) {
  return requestContext({ ...FACTS, ...facts }, action.toLowerCase()).value(parseConditionKey(key));
}

test.for([
  ["aws:CurrentTime", "2026-11-26T10:00:00.000Z"],
  ["aws:EpochTime", "1795687200"],
  ["aws:SecureTransport", "true"],
  ["aws:SourceIp", "192.0.2.1"],
  ["aws:UserAgent", "curl"],
  ["AWS:REFERER", "http://example.com/"],
  ["aws:RequestedRegion", "us-east-1"],
  ["aws:ResourceAccount", OWNER.id],
  ["s3:ResourceAccount", OWNER.id],
  ["aws:ResourceTag/team", "Red"],
  ["s3:BucketTag/TEAM", "Red"],
  ["s3:authType", "REST-QUERY-STRING"],
  ["s3:signatureversion", "AWS4-HMAC-SHA256"],
  ["s3:signatureAge", "1500"],
  ["s3:TlsVersion", "1.3"],
  ["s3:x-amz-content-sha256", "UNSIGNED-PAYLOAD"],
  ["s3:ExistingObjectTag/team", "Red"],
  ["s3:ExistingObjectTag/B", ""],
  ["s3:ExistingObjectTag/c", undefined],
  ["aws:ViaAWSService", "false"],
  ["aws:SourceVpc", undefined],
  ["aws:PrincipalOrgID", undefined],
  ["constructor", undefined],
] as const)("GetObject has %s: %j", ([key, value]) => {
  expect(valueOf("s3:GetObject", key)).toBe(value);
});

test.for([
  ["s3:ListBucket", "s3:prefix", ""],
  ["s3:ListBucket", "s3:delimiter", undefined],
  ["s3:ListBucketVersions", "s3:max-keys", "1000"],
  ["s3:PutObject", "s3:x-amz-acl", "private"],
  ["s3:PutObject", "s3:x-amz-storage-class", "GLACIER"],
  ["s3:PutObject", "s3:x-amz-copy-source", "from/a b"],
  ["s3:PutObject", "s3:versionid", "v1"],
  ["s3:PutObject", "s3:RequestObjectTag/team", "Red"],
  ["s3:PutObject", "s3:RequestObjectTagKeys", ["Team", "b"]],
  ["s3:PutObject", "s3:object-lock-mode", "GOVERNANCE"],
  ["s3:PutObject", "s3:object-lock-retain-until-date", "2026-11-27T10:00:00.001Z"],
  ["s3:PutObject", "s3:object-lock-remaining-retention-days", "2"],
  ["s3:PutObject", "s3:object-lock-legal-hold", "ON"],
  ["s3:PutObject", "s3:object-lock-event-hold", "ON"],
  ["s3:PutObjectRetention", "s3:object-lock-event-hold-duration-days", "730"],
  ["s3:PutObject", "s3:ObjectCreationOperation", "false"],
  ["s3:PutObject", "s3:if-match", '"e"'],
  ["s3:DeleteObject", "s3:if-match", '"e"'],
  ["s3:PutObject", "s3:x-amz-server-side-encryption-aws-kms-key-id", "arn:aws:kms:::key/1"],
  ["s3:PutObjectAcl", "s3:x-amz-acl", "private"],
  ["s3:PutObjectVersionAcl", "s3:x-amz-acl", "private"],
  ["s3:PutObjectVersionTagging", "s3:RequestObjectTag/b", ""],
  ["s3:GetObjectVersion", "s3:ExistingObjectTag/team", "Red"],
  ["s3:GetObjectVersion", "s3:versionid", "v1"],
  ["s3:ListObjectVersionAnnotations", "s3:annotation-prefix", "x"],
  ["s3:ListObjectAnnotations", "s3:max-annotation-results", "10"],
  ["s3:PutObjectAnnotation", "s3:x-amz-object-if-match", '"f"'],
  ["s3:CreateBucket", "s3:locationconstraint", "eu-west-1"],
  ["s3:CreateBucket", "s3:x-amz-object-ownership", "ObjectWriter"],
  ["s3:CreateBucket", "aws:RequestTag/team", "Red"],
  ["s3:PutBucketTagging", "aws:TagKeys", ["Team", "b"]],
  ["s3:PutInventoryConfiguration", "s3:InventoryAccessibleOptionalFields", ["Size"]],
] as const)("%s has %s: %j", ([action, key, value]) => {
  expect(valueOf(action, key)).toEqual(value);
});

test.for([
  ["s3:GetObject", "s3:prefix"],
  ["s3:GetObject", "s3:x-amz-acl"],
  ["s3:GetObject", "s3:versionid"],
  ["s3:GetObject", "aws:TagKeys"],
  ["s3:PutObject", "s3:ExistingObjectTag/team"],
  ["s3:DeleteObject", "s3:ExistingObjectTag/team"],
  ["s3:ListBucket", "s3:x-amz-acl"],
  ["s3:PutBucketPolicy", "s3:x-amz-acl"],
] as const)("%s has no %s, whatever the request brings", ([action, key]) => {
  expect(valueOf(action, key)).toBeUndefined();
});

test("an object's tags are to be read, or play no part", () => {
  const key = "s3:ExistingObjectTag/team";
  expect(valueOf("s3:GetObject", key, { object: "unread" })).toBe(NEEDS_OBJECT);
  expect(valueOf("s3:PutObject", key, { object: "unread" })).toBeUndefined();
  expect(valueOf("s3:GetObject", key, { object: "none" })).toBeUndefined();
});

const session = { ...roleSessionOf(OTHER), tags: TAGS };
const service = {
  kind: "service",
  name: "logging.s3.amazonaws.com",
  sourceArn: "arn:aws:s3:::b",
  sourceAccountId: OWNER.id,
} as const;

test.for([
  [
    "root",
    rootOf(OWNER),
    [
      "arn:aws:iam::111111111111:root",
      "Account",
      OWNER.id,
      undefined,
      undefined,
      "false",
      undefined,
      "false",
    ],
  ],
  [
    "user",
    userOf(OWNER),
    [
      "arn:aws:iam::111111111111:user/alice",
      "User",
      "AIDAABCDEFGHIJKLMNOPQ",
      "alice",
      undefined,
      "false",
      undefined,
      "false",
    ],
  ],
  [
    "role session",
    session,
    [
      "arn:aws:iam::222222222222:role/worker",
      "AssumedRole",
      "AROAABCDEFGHIJKLMNOPQ:monday",
      undefined,
      "Red",
      "true",
      "2026-11-26T00:00:00.000Z",
      "false",
    ],
  ],
  [
    "anonymous",
    ANONYMOUS,
    [undefined, "Anonymous", "anonymous", undefined, undefined, undefined, undefined, "false"],
  ],
  [
    "service",
    service,
    [undefined, undefined, undefined, undefined, undefined, undefined, undefined, "true"],
  ],
] as const)("what policies see of a caller that is %s", ([, caller, values]) => {
  const keys = [
    "aws:PrincipalArn",
    "aws:PrincipalType",
    "aws:userid",
    "aws:username",
    "aws:PrincipalTag/TEAM",
    "sts:authentication",
    "aws:TokenIssueTime",
    "aws:PrincipalIsAWSService",
  ];
  expect(keys.map((key) => valueOf("s3:GetObject", key, { caller }))).toEqual(values);
});
