import { expect, test } from "vitest";
import { S3Error } from "../../../../src/protocol/errors.ts";
import { readXml } from "../../../../src/protocol/read-xml.ts";
import { checkReplication } from "../../../../src/protocol/replication/check-replication.ts";
import { ReplicationConfiguration } from "../../../../src/protocol/replication/replication-configuration.ts";

const ROLE = "arn:aws:iam::111111111111:role/r";
const TO = "<Destination><Bucket>arn:aws:s3:::to</Bucket></Destination>";
const NO_MARKERS = "<DeleteMarkerReplication><Status>Disabled</Status></DeleteMarkerReplication>";
const MARKERS = "<DeleteMarkerReplication><Status>Enabled</Status></DeleteMarkerReplication>";
const ON = "<Status>Enabled</Status>";
const TAG = "<Tag><Key>k</Key><Value>v</Value></Tag>";
const KMS =
  "<SourceSelectionCriteria><SseKmsEncryptedObjects><Status>Enabled</Status></SseKmsEncryptedObjects></SourceSelectionCriteria>";

function check(rules: string, role = ROLE): ReplicationConfiguration {
  const document = `<ReplicationConfiguration><Role>${role}</Role>${rules}</ReplicationConfiguration>`;
  return checkReplication(readXml(document, "ReplicationConfiguration", ReplicationConfiguration));
}

/** A rule of the newer form. */
function rule(filter: string, more = NO_MARKERS, destination = TO, priority = 1): string {
  return `<Rule><Priority>${priority}</Priority><Filter>${filter}</Filter>${ON}${destination}${more}</Rule>`;
}

function to(members: string): string {
  return `<Destination><Bucket>arn:aws:s3:::to</Bucket>${members}</Destination>`;
}

test.for([
  ["of the older form", `<Rule><Prefix>a</Prefix>${ON}${TO}</Rule>`],
  ["about everything", rule("")],
  ["about a prefix", rule("<Prefix>a</Prefix>", MARKERS)],
  ["about a tag", rule(TAG)],
  ["about both", rule(`<And><Prefix>a</Prefix>${TAG}</And>`)],
  ["about what has not a prefix", rule("<Not><Prefix>a</Prefix></Not>", MARKERS)],
  [
    "about what has none of several",
    rule(
      `<And><Prefix>a</Prefix><Not><Or><Prefix>a/b</Prefix><Prefix>a/c</Prefix>${TAG}</Or></Not></And>`,
    ),
  ],
  ["of the same priority elsewhere", rule("") + rule("", NO_MARKERS, TO.replace(":to", ":too"))],
  [
    "under a key of KMS",
    rule(
      "",
      KMS + NO_MARKERS,
      to("<EncryptionConfiguration><ReplicaKmsKeyID>k</ReplicaKmsKeyID></EncryptionConfiguration>"),
    ),
  ],
] as const)("a rule %s is taken, and has an id", ([, rules]) => {
  for (const { ID } of check(rules).Rule) expect(ID).toMatch(/^[0-9A-Za-z]{24}$/);
});

test.for([
  ["none", "", "MalformedXML"],
  ["neither form", `<Rule>${ON}${TO}</Rule>`, "MalformedXML"],
  ["both forms", rule("").replace("<Filter>", "<Prefix>a</Prefix><Filter>"), "MalformedXML"],
  ["two conditions", rule(`<Prefix>a</Prefix>${TAG}`), "MalformedXML"],
  ["one condition in And", rule("<And><Prefix>a</Prefix></And>"), "MalformedXML"],
  ["two conditions in Not", rule(`<Not><Prefix>a</Prefix>${TAG}</Not>`), "MalformedXML"],
  ["none in Or", rule("<Not><Or/></Not>"), "MalformedXML"],
  ["another status", rule("").replace(ON, "<Status>On</Status>"), "MalformedXML"],
  ["another class", rule("", NO_MARKERS, to("<StorageClass>SNOW</StorageClass>")), "MalformedXML"],
  ["no priority", rule("").replace("<Priority>1</Priority>", ""), "Priority must be specified"],
  ["no word on markers", rule("", ""), "DeleteMarkerReplication must be specified"],
  [
    "markers in the older form",
    `<Rule><Prefix/>${ON}${TO}${MARKERS}</Rule>`,
    "DeleteMarkerReplication cannot be used",
  ],
  ["tags and markers", rule(TAG, MARKERS), "not supported if any Tag filter"],
  [
    "tags in Not and markers",
    rule(`<Not>${TAG}</Not>`, MARKERS),
    "not supported if any Tag filter",
  ],
  ["a tag twice", rule(`<And>${TAG}${TAG}</And>`), "Duplicate Tag Keys"],
  ["a priority twice", rule("") + rule("<Prefix>a</Prefix>"), "Found duplicate priority 1"],
  ["a long prefix", rule(`<Prefix>${"é".repeat(513)}</Prefix>`), "maximum size of a prefix"],
  [
    "time without metrics",
    rule(
      "",
      NO_MARKERS,
      to(
        "<ReplicationTime><Status>Enabled</Status><Time><Minutes>15</Minutes></Time></ReplicationTime>",
      ),
    ),
    "Metrics must be enabled",
  ],
  [
    "another time",
    rule(
      "",
      NO_MARKERS,
      to(
        "<Metrics><Status>Enabled</Status><EventThreshold><Minutes>5</Minutes></EventThreshold></Metrics>",
      ),
    ),
    "Minutes must be 15",
  ],
  ["KMS without a key", rule("", KMS + NO_MARKERS), "ReplicaKmsKeyID must be specified"],
  [
    "an owner without an account",
    rule(
      "",
      NO_MARKERS,
      to("<AccessControlTranslation><Owner>Destination</Owner></AccessControlTranslation>"),
    ),
    "Account must be specified",
  ],
] as const)("of rules, %s is refused", ([, rules, told]) => {
  let refusal: unknown;
  try {
    check(rules);
  } catch (error) {
    refusal = error;
  }
  if (!(refusal instanceof S3Error)) throw new Error("nothing was refused");
  expect(refusal.status).toBe(400);
  expect(`${refusal.code}: ${refusal.message}`).toContain(told);
});

test("rules have ids of their own, which are not too long, and a role", () => {
  const named = (id: string) => rule("").replace("<Rule>", `<Rule><ID>${id}</ID>`);
  expect(() => check(named("a") + named("a").replace(":to", ":too"))).toThrow("unique");
  expect(() => check(named("a".repeat(256)))).toThrow("255");
  expect(() => check(rule(""), "nobody")).toThrow("Role");
});
