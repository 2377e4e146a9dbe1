import { expect, test } from "vitest";
import { writeXml } from "../../../src/lib/xml-writer.ts";
import { S3Error } from "../../../src/protocol/errors.ts";
import {
  legalHoldContent,
  lockHeaders,
  parseLockEnabled,
  parseLockHeaders,
  readLegalHold,
  readRetention,
  retentionContent,
} from "../../../src/protocol/object-lock.ts";
import {
  checkLockRule,
  type LockConfiguration,
  ObjectLockConfiguration,
} from "../../../src/protocol/object-lock-configuration.ts";
import { readXml } from "../../../src/protocol/read-xml.ts";
import { NO_ATTRIBUTES } from "../../../src/protocol/object-record.ts";

const NOW_MS = Date.UTC(2026, 10, 23, 5, 0, 0);
const MODE = "x-amz-object-lock-mode";
const DATE = "x-amz-object-lock-retain-until-date";
const HOLD = "x-amz-object-lock-legal-hold";

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function codeOf(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof S3Error) return error.code;
    throw error;
  }
}

function readLockConfiguration(document: Uint8Array): LockConfiguration {
  const read = readXml(document, "ObjectLockConfiguration", ObjectLockConfiguration);
  checkLockRule(read);
  return read;
}

function configuration(rule: string, enabled = "Enabled"): Uint8Array {
  return utf8(
    `<ObjectLockConfiguration><ObjectLockEnabled>${enabled}</ObjectLockEnabled>${rule}</ObjectLockConfiguration>`,
  );
}

function rule(retention: string): Uint8Array {
  return configuration(`<Rule><DefaultRetention>${retention}</DefaultRetention></Rule>`);
}

test.for([
  "",
  "<Rule><DefaultRetention><Mode>GOVERNANCE</Mode><Days>1</Days></DefaultRetention></Rule>",
  "<Rule><DefaultRetention><Mode>COMPLIANCE</Mode><Days>36500</Days></DefaultRetention></Rule>",
  "<Rule><DefaultRetention><Mode>COMPLIANCE</Mode><Years>100</Years></DefaultRetention></Rule>",
])("the configuration %j is written as it was read, and as it was stored", (rule) => {
  const document = readLockConfiguration(configuration(rule));
  for (const lock of [document, JSON.parse(JSON.stringify(document))]) {
    const written = writeXml(["ObjectLockConfiguration", ObjectLockConfiguration.write(lock)]);
    expect(utf8(written)).toEqual(configuration(rule));
  }
});

test.for([
  { document: utf8("<ObjectLockConfiguration/>"), because: "nothing is enabled" },
  { document: configuration("", "Disabled"), because: "it says Disabled" },
  { document: configuration("<Rule/>"), because: "the rule is empty" },
  { document: rule(""), because: "the retention is empty" },
  { document: rule("<Mode>GOVERNANCE</Mode>"), because: "there is no period" },
  { document: rule("<Days>1</Days>"), because: "there is no mode" },
  { document: rule("<Mode>governance</Mode><Days>1</Days>"), because: "the mode is unknown" },
  {
    document: rule("<Mode>GOVERNANCE</Mode><Days>1</Days><Years>1</Years>"),
    because: "there are two periods",
  },
  { document: rule("<Mode>GOVERNANCE</Mode><Days>1.5</Days>"), because: "days are whole" },
])("a configuration is MalformedXML when $because", ({ document }) => {
  expect(codeOf(() => readLockConfiguration(document))).toBe("MalformedXML");
});

test.for(["<Days>0</Days>", "<Days>36501</Days>", "<Years>-1</Years>", "<Years>101</Years>"])(
  "a default retention of %s is InvalidRetentionPeriod",
  (period) => {
    const document = rule(`<Mode>GOVERNANCE</Mode>${period}`);
    expect(codeOf(() => readLockConfiguration(document))).toBe("InvalidRetentionPeriod");
  },
);

test("a retention is read as it is written, to the millisecond", () => {
  const retention = { mode: "GOVERNANCE", retainUntilMs: NOW_MS + 1 } as const;
  const asked = { retention, eventHold: undefined };
  const document = writeXml(["Retention", retentionContent(asked)]);
  expect(document).toContain("<RetainUntilDate>2026-11-23T05:00:00.001Z</RetainUntilDate>");
  expect(readRetention(utf8(document), NOW_MS)).toEqual(asked);
});

test("an empty retention takes it away", () => {
  expect(readRetention(utf8("<Retention/>"), NOW_MS)).toEqual({
    retention: undefined,
    eventHold: undefined,
  });
});

test.for([
  ["<Mode>GOVERNANCE</Mode>", "MalformedXML"],
  ["<RetainUntilDate>2030-01-01T00:00:00Z</RetainUntilDate>", "MalformedXML"],
  ["<Mode>LOCKED</Mode><RetainUntilDate>2030-01-01T00:00:00Z</RetainUntilDate>", "MalformedXML"],
  ["<Mode>GOVERNANCE</Mode><RetainUntilDate>soon</RetainUntilDate>", "MalformedXML"],
  [
    "<Mode>GOVERNANCE</Mode><RetainUntilDate>2026-11-23T05:00:00Z</RetainUntilDate>",
    "InvalidArgument",
  ],
] as const)("the retention %s is %s", ([content, code]) => {
  const document = utf8(`<Retention>${content}</Retention>`);
  expect(codeOf(() => readRetention(document, NOW_MS))).toBe(code);
});

test.for([true, false])("the legal hold %j is read as it is written", (hasLegalHold) => {
  const document = writeXml(["LegalHold", legalHoldContent(hasLegalHold)]);
  expect(readLegalHold(utf8(document))).toBe(hasLegalHold);
});

test.for(["<LegalHold/>", "<LegalHold><Status>on</Status></LegalHold>", "<Retention/>"])(
  "the legal hold %s is MalformedXML",
  (document) => {
    expect(codeOf(() => readLegalHold(utf8(document)))).toBe("MalformedXML");
  },
);

test("an upload's headers are those of the answers about the object", () => {
  const headers = { [MODE]: "COMPLIANCE", [DATE]: "2030-01-01T00:00:00.000Z", [HOLD]: "OFF" };
  const lock = parseLockHeaders(new Headers(headers), NOW_MS);
  expect(lock).toEqual({
    retention: { mode: "COMPLIANCE", retainUntilMs: Date.UTC(2030, 0, 1) },
    hasLegalHold: false,
  });
  expect(lockHeaders({ tags: [], ...lock })).toEqual(headers);
});

test("without headers there is no lock, and no lock has no headers", () => {
  const lock = parseLockHeaders(new Headers(), NOW_MS);
  expect(lock).toEqual({ retention: undefined, hasLegalHold: undefined });
  expect(lockHeaders(NO_ATTRIBUTES)).toEqual({});
});

test.for([
  { headers: { [MODE]: "BAD" }, name: DATE, because: "the date is missing" },
  {
    headers: { [DATE]: "2030-01-01T00:00:00Z" },
    name: MODE,
    because: "the mode is missing",
  },
  {
    headers: { [MODE]: "BAD", [DATE]: "2030-01-01T00:00:00Z" },
    name: MODE,
    because: "the mode is unknown",
  },
  {
    headers: { [MODE]: "GOVERNANCE", [DATE]: "Tue, 01 Jan 2030 00:00:00 GMT" },
    name: DATE,
    because: "the date is not of ISO 8601",
  },
  {
    headers: { [MODE]: "GOVERNANCE", [DATE]: "2026-11-23T05:00:00Z" },
    name: DATE,
    because: "the date is not in the future",
  },
  { headers: { [HOLD]: "on" }, name: HOLD, because: "the hold is neither ON nor OFF" },
])("the headers of a lock are InvalidArgument when $because", ({ headers, name }) => {
  try {
    parseLockHeaders(new Headers(headers), NOW_MS);
    expect.unreachable();
  } catch (error) {
    expect(error).toMatchObject({ code: "InvalidArgument", fields: { ArgumentName: name } });
  }
});

test.for([
  [undefined, false],
  ["false", false],
  ["true", true],
  ["True", true],
] as const)("x-amz-bucket-object-lock-enabled %j is %j", ([value, isEnabled]) => {
  const headers = new Headers(
    value === undefined ? {} : { "x-amz-bucket-object-lock-enabled": value },
  );
  expect(parseLockEnabled(headers)).toBe(isEnabled);
});

test("x-amz-bucket-object-lock-enabled of another value is InvalidArgument", () => {
  const headers = new Headers({ "x-amz-bucket-object-lock-enabled": "yes" });
  expect(codeOf(() => parseLockEnabled(headers))).toBe("InvalidArgument");
});
