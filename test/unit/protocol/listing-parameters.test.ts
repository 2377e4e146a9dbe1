import { expect, test } from "vitest";
import { decodeToken, encodeToken } from "../../../src/protocol/continuation-token.ts";
import { invalidArgument } from "../../../src/protocol/errors.ts";
import {
  parseListBuckets,
  parseListObjects,
  parseListObjectsV2,
} from "../../../src/protocol/listing-parameters.ts";
import { randomText, seededRandom } from "../../support/seeded-random.ts";

const listObjects = (query: string) => parseListObjects(new URLSearchParams(query), new Headers());
const listObjectsV2 = (query: string) =>
  parseListObjectsV2(new URLSearchParams(query), new Headers());
const listBuckets = (query: string) => parseListBuckets(new URLSearchParams(query));

test("a listing that asks for nothing is of all keys, a thousand at a time", () => {
  const everything = { prefix: "", delimiter: "", maxKeys: 1000, encodingType: undefined };
  expect(listObjects("")).toEqual({ ...everything, marker: "" });
  expect(listObjectsV2("list-type=2")).toEqual({
    ...everything,
    continuationToken: undefined,
    startAfter: undefined,
    after: "",
    fetchOwner: false,
  });
  expect(listBuckets("")).toEqual({
    prefix: "",
    region: undefined,
    after: "",
    maxBuckets: 10_000,
  });
});

test("every parameter is read", () => {
  expect(
    listObjects("prefix=a%2F&delimiter=%2F&marker=a%2Fb&max-keys=2&encoding-type=url"),
  ).toEqual({
    prefix: "a/",
    delimiter: "/",
    marker: "a/b",
    maxKeys: 2,
    encodingType: "url",
  });
  expect(listObjectsV2("start-after=k&fetch-owner=true")).toMatchObject({
    startAfter: "k",
    after: "k",
    fetchOwner: true,
  });
  expect(listBuckets("prefix=a&bucket-region=eu-west-1&max-buckets=10000")).toEqual({
    prefix: "a",
    region: "eu-west-1",
    after: "",
    maxBuckets: 10_000,
  });
});

test("a continuation token overrules start-after, which is not echoed beside it", () => {
  const token = encodeToken("m");
  const parameters = listObjectsV2(`continuation-token=${token}&start-after=b`);
  expect(parameters).toMatchObject({
    continuationToken: token,
    startAfter: undefined,
    after: "m",
  });
  expect(listBuckets(`continuation-token=${token}`).after).toBe("m");
});

test("an empty continuation token begins at the beginning of ListBuckets", () => {
  expect(listBuckets("continuation-token=").after).toBe("");
});

test("a token is URL-safe and gives back its position", () => {
  const random = seededRandom(7);
  for (let round = 0; round < 2000; round++) {
    const position = randomText(random);
    const token = encodeToken(position);
    expect(token).toMatch(/^[\w-]+$/);
    expect(decodeToken(token)).toBe(position);
  }
});

test.for(["", "x", "2YQ", "1YQ==", "1YR", "1_w", "1Y Q", "YQ"])(
  "token %j is incorrect",
  (token) => {
    const error = invalidArgument(
      "The continuation token provided is incorrect",
      "continuation-token",
    );
    expect(() => decodeToken(token)).toThrow(error);
    expect(() =>
      listObjectsV2(new URLSearchParams({ "continuation-token": token }).toString()),
    ).toThrow(error);
  },
);

test.for([
  ["0", 0],
  ["1", 1],
  ["1000", 1000],
  ["1001", 1000],
  ["2147483647", 1000],
  ["", 1000],
  ["-0", 0],
  ["00000000000000000005", 5],
] as const)("max-keys %s is %i", ([value, maxKeys]) => {
  expect(listObjects(`max-keys=${value}`).maxKeys).toBe(maxKeys);
});

test.for(["blah", " 5", "1.5", "1e3", "2147483648", "-2147483649", "99999999999"])(
  "max-keys %j is InvalidArgument",
  (value) => {
    expect(() => listObjects(`max-keys=${value}`)).toThrow(
      invalidArgument(
        "Provided max-keys not an integer or within integer range",
        "max-keys",
        value,
      ),
    );
  },
);

test.for([
  {
    parse: () => listObjects("max-keys=-1"),
    error: invalidArgument(
      "Argument maxKeys must be an integer between 0 and 2147483647",
      "maxKeys",
      "-1",
    ),
  },
  {
    parse: () => listObjects("encoding-type=xml"),
    error: invalidArgument("Invalid Encoding Method specified in Request", "encoding-type", "xml"),
  },
  {
    parse: () => listObjects("max-keys=-01"),
    error: invalidArgument(
      "Argument maxKeys must be an integer between 0 and 2147483647",
      "maxKeys",
      "-1",
    ),
  },
  {
    parse: () => listObjects("start-after="),
    error: invalidArgument(
      "startAfter only supported in REST.GET.BUCKET with list-type=2",
      "start-after",
    ),
  },
  {
    parse: () => listObjects("start-after=a&continuation-token=b"),
    error: invalidArgument(
      "continuation-token only supported in REST.GET.BUCKET with list-type=2",
      "continuation-token",
    ),
  },
  {
    parse: () => listObjectsV2("marker="),
    error: invalidArgument("Marker unsupported with REST.GET.BUCKET in list-type=2", "marker"),
  },
  {
    parse: () => listBuckets("max-buckets=many"),
    error: invalidArgument(
      "Provided max-buckets not an integer or within integer range",
      "max-buckets",
      "many",
    ),
  },
  {
    parse: () => listBuckets("max-buckets=0"),
    error: invalidArgument(
      "Argument max-buckets must be an integer between 1 and 10000",
      "max-buckets",
      "0",
    ),
  },
  {
    parse: () => listBuckets("max-buckets=10001"),
    error: invalidArgument(
      "Argument max-buckets must be an integer between 1 and 10000",
      "max-buckets",
      "10001",
    ),
  },
])("$error.fields is InvalidArgument", ({ parse, error }) => {
  expect(parse).toThrow(error);
});

test("the only optional attribute of objects is RestoreStatus", () => {
  const name = "x-amz-optional-object-attributes";
  const query = new URLSearchParams();
  expect(parseListObjectsV2(query, new Headers({ [name]: "RestoreStatus" })).maxKeys).toBe(1000);
  expect(() => parseListObjectsV2(query, new Headers({ [name]: "RestoreStatus, Colour" }))).toThrow(
    invalidArgument("Invalid attribute name specified", name, "RestoreStatus, Colour"),
  );
});
