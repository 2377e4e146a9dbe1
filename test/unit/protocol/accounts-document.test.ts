import { describe, expect, test } from "vitest";
import { readAccount, readAccounts } from "../../../src/protocol/accounts-document.ts";
import { derivedCanonicalId } from "../../../src/protocol/owner.ts";

const KEY = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "a-secret/with+signs=" };
const OTHER = { ...KEY, accessKeyId: "0555b35654ad1656d804" };
const ID = "111111111111";
const ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess";
const USER = { name: "alice", keys: [OTHER], managedPolicies: [ADMINISTRATOR] };

const bytes = (text: string) => new TextEncoder().encode(text);
const read = (...accounts: unknown[]) => readAccounts(bytes(JSON.stringify({ accounts })));

test("an account has what it says, and else what is derived from its id", () => {
  const canonicalId = "testx$9876543210abcdef";
  const described = { canonicalId, displayName: "M. Tester", email: "tester@example.com" };
  const policy = {
    Version: "2012-10-17",
    Statement: { Effect: "Deny", Action: "*", Resource: "*" },
  };
  const text = ` ${JSON.stringify(policy)}\n`;
  const inlinePolicies = { object: policy, text };
  const users = [
    { ...USER, path: "/a/b/", inlinePolicies },
    { name: "bob", keys: [] },
  ];
  expect(read({ id: ID, ...described, rootKeys: [KEY], users }, { id: "222222222222" })).toEqual([
    {
      id: ID,
      ...described,
      keys: [KEY],
      users: [
        {
          ...USER,
          path: "/a/b/",
          inlinePolicies: [
            { name: "object", document: JSON.stringify(policy) },
            { name: "text", document: text },
          ],
        },
        { name: "bob", path: "/", keys: [], managedPolicies: [], inlinePolicies: [] },
      ],
    },
    {
      id: "222222222222",
      canonicalId: derivedCanonicalId("222222222222"),
      displayName: "222222222222",
      email: undefined,
      keys: [],
      users: [],
    },
  ]);
});

test("of a file, one account may have the empty id", () => {
  expect(read({ id: "" })[0]).toMatchObject({ id: "", canonicalId: derivedCanonicalId("") });
  expect(() => readAccount(bytes('{"id":""}'), "")).toThrow("the document.id does not match");
});

test("one that is put by its id need not say it", () => {
  expect(readAccount(bytes("{}"), ID)).toMatchObject({ id: ID, keys: [] });
  expect(() => readAccount(bytes('{"id":"222222222222"}'), ID)).toThrow(
    "the id in the document is not 111111111111",
  );
});

const key = (change: object) => ({ id: ID, rootKeys: [{ ...KEY, ...change }] });
const user = (change: object) => ({ id: ID, users: [{ ...USER, ...change }] });

describe("a file is refused with what is wrong, and where", () => {
  test.for<[name: string, accounts: readonly unknown[], message: string]>([
    ["an account that is none", ["x"], "accounts[0] is no object"],
    ["an id that is none", [{ id: "1" }], "accounts[0].id does not match"],
    ["no id", [{}], "accounts[0].id does not match"],
    [
      "a member that there is not",
      [{ id: ID, role: "x" }],
      "accounts[0] has a member role, which is none",
    ],
    ["a canonical id that is none", [{ id: ID, canonicalId: "a b" }], "accounts[0].canonicalId"],
    [
      "that of anonymous callers",
      [{ id: ID, canonicalId: "65a011a29cdf8ec533ec3d1ccaae921c" }],
      "accounts[0].canonicalId is that of anonymous callers",
    ],
    ["a name with a control", [{ id: ID, displayName: "a\u0007" }], "accounts[0].displayName"],
    ["an e-mail with a space", [{ id: ID, email: "a b" }], "accounts[0].email"],
    ["keys that are no list", [{ id: ID, rootKeys: {} }], "accounts[0].rootKeys is no list"],
    ["a key with a comma", [key({ accessKeyId: "a,b" })], "accounts[0].rootKeys[0].accessKeyId"],
    [
      "a secret with a space",
      [key({ secretAccessKey: "a secret" })],
      "rootKeys[0].secretAccessKey",
    ],
    [
      "a secret that is short",
      [key({ secretAccessKey: "1234567" })],
      "rootKeys[0].secretAccessKey",
    ],
    [
      "three keys",
      [{ id: ID, rootKeys: [KEY, OTHER, { ...KEY, accessKeyId: "third" }] }],
      "accounts[0].rootKeys has more than 2 keys",
    ],
    ["the id of another", [{ id: ID }, { id: ID }], `id ${ID} is there twice`],
    [
      "the key of another",
      [
        { id: ID, rootKeys: [KEY] },
        { id: "222222222222", rootKeys: [KEY] },
      ],
      `accessKeyId ${KEY.accessKeyId} is there twice`,
    ],
    [
      "a user with a policy that AWS has not",
      [user({ managedPolicies: [`${ADMINISTRATOR}s`] })],
      "accounts[0].users[0].managedPolicies[0] is none of AWS's own policies",
    ],
    [
      "a user with a policy that is none",
      [user({ inlinePolicies: { p: {} } })],
      "accounts[0].users[0].inlinePolicies.p: ",
    ],
    [
      "a policy without a name",
      [user({ inlinePolicies: { "": "{}" } })],
      "a name in accounts[0].users[0].inlinePolicies does not match",
    ],
    [
      "two users of one name",
      [
        {
          id: ID,
          users: [
            { ...USER, keys: [] },
            { ...USER, name: "ALICE" },
          ],
        },
      ],
      "name alice is there twice",
    ],
    [
      "a user's key that the root has",
      [{ id: ID, rootKeys: [KEY], users: [{ ...USER, keys: [KEY] }] }],
      `accessKeyId ${KEY.accessKeyId} is there twice`,
    ],
    ["a user without a name", [user({ name: "" })], "accounts[0].users[0].name"],
  ])("%s", ([, accounts, message]) => {
    expect(() => read(...accounts)).toThrow(message);
  });

  test.for([
    ["no JSON", "{", "no JSON: "],
    ["no list", "{}", "accounts is no list"],
    ["a name twice", '{"accounts":[],"accounts":[]}', "no JSON: "],
  ])("%s", ([, text = "", message = ""]) => {
    expect(() => readAccounts(bytes(text))).toThrow(message);
  });

  test("what is no UTF-8", () => {
    expect(() => readAccounts(Uint8Array.of(0x22, 0xff, 0x22))).toThrow("no JSON: not UTF-8");
  });

  test("and never with a secret", () => {
    const secretAccessKey = "short s";
    expect(() => read(key({ secretAccessKey }))).toThrow(/^(?!.*short s)/);
  });
});
