import { env } from "cloudflare:workers";
import { AwsClient } from "aws4fetch";
import { describe, expect, test } from "vitest";
import iamModel from "../model/iam-actions.json" with { type: "json" };
import stsModel from "../model/sts-actions.json" with { type: "json" };
import { IAM, type QueryApi, STS } from "../../src/operations/query/query-apis.ts";
import { newAccount, newKeys } from "../support/accounts.ts";
import { elements, ENDPOINT, rawFetch } from "../support/client.ts";
import { faultyEnv } from "../support/faults.ts";
import {
  expectQueryError,
  fetchQuery,
  newName,
  queried,
  query,
  ROOT,
  sendQuery,
} from "../support/query-api.ts";

const IDENTITY = "Action=GetCallerIdentity&Version=2011-06-15";
const INVALID_TOKEN = "The security token included in the request is invalid.";

describe("GetCallerIdentity", () => {
  const ofRoot = {
    arn: [`arn:aws:iam::${env.ACCOUNT_ID}:root`],
    id: [env.ACCOUNT_ID],
    account: [env.ACCOUNT_ID],
  };
  function identity(document: string) {
    return {
      arn: elements(document, "Arn"),
      id: elements(document, "UserId"),
      account: elements(document, "Account"),
    };
  }

  test("tells who signed it, in any region", async () => {
    for (const region of ["us-east-1", "eu-west-9"]) {
      const document = await queried("GetCallerIdentity", {}, { service: "sts", region });
      expect(document).toMatch(
        /^<GetCallerIdentityResponse xmlns="https:\/\/sts.amazonaws.com\/doc\/2011-06-15\/"><GetCallerIdentityResult><Arn>/,
      );
      expect(identity(document)).toEqual(ofRoot);
    }
    const { id, keys } = await newAccount();
    const document = await queried("GetCallerIdentity", {}, { service: "sts", keys });
    expect(identity(document)).toEqual({
      arn: [`arn:aws:iam::${id}:root`],
      id: [id],
      account: [id],
    });
  });

  test("is signed by a URL, too", async () => {
    const client = new AwsClient({ ...ROOT, service: "sts", region: "us-east-1" });
    const signed = await client.sign(`${ENDPOINT}/?${IDENTITY}&X-Amz-Expires=60`, {
      aws: { signQuery: true },
    });
    // An independent signer of URLs that takes the body for unsigned, as S3's are: STS's has the hash of an empty one.
    await expectQueryError(await rawFetch(signed.url), 403, "SignatureDoesNotMatch");
  });

  test("takes its parameters from the query of a POST as well", async () => {
    const response = await sendQuery({
      service: "sts",
      path: "/?Version=2011-06-15",
      body: "Action=GetCallerIdentity",
    });
    expect(response.headers.get("content-type")).toBe("text/xml");
    expect(identity(await response.text())).toEqual(ofRoot);
  });
});

describe("a request is refused", () => {
  test.for([
    [
      "Action=Nonsense&Version=2010-05-08",
      400,
      "InvalidAction",
      "Could not find operation Nonsense for version 2010-05-08",
    ],
    [
      "Action=ListUsers",
      400,
      "InvalidAction",
      "Could not find operation ListUsers for version NO_VERSION_SPECIFIED",
    ],
    [
      "Action=constructor&Version=2010-05-08",
      400,
      "InvalidAction",
      "Could not find operation constructor for version 2010-05-08",
    ],
    [
      "Version=2010-05-08",
      400,
      "MissingAction",
      "The request is missing an action or a required parameter.",
    ],
    [
      "Action=CreateLoginProfile&Version=2010-05-08",
      501,
      "NotImplemented",
      "CreateLoginProfile is not implemented.",
    ],
    [
      IDENTITY,
      403,
      "SignatureDoesNotMatch",
      "Credential should be scoped to correct service: 'sts'. ",
    ],
  ] as const)("%s", async ([body, status, code, message]) => {
    expect(await expectQueryError(await sendQuery({ body }), status, code)).toBe(message);
  });

  test("with too many parameters", async () => {
    await expectQueryError(await sendQuery({ body: "a=&".repeat(20_000) }), 400, "MalformedInput");
  });

  test("without a signature", async () => {
    const headers = {
      "content-type": "application/x-www-form-urlencoded",
      "content-length": String(IDENTITY.length),
    };
    const answer = await rawFetch(`${ENDPOINT}/`, { method: "POST", headers, body: IDENTITY });
    await expectQueryError(answer, 403, "MissingAuthenticationToken");
    await expectQueryError(
      await rawFetch(`${ENDPOINT}/?${IDENTITY}`),
      403,
      "MissingAuthenticationToken",
    );
  });

  test("with a key that nobody has, before its body is read", async () => {
    const keys = newKeys();
    const message = await expectQueryError(
      await query("ListUsers", {}, { keys }),
      403,
      "InvalidClientTokenId",
    );
    expect(message).toBe(INVALID_TOKEN);
  });

  test("with a body that is another than was signed", async () => {
    const client = new AwsClient({ ...ROOT, service: "sts", region: "us-east-1" });
    const signed = await client.sign(`${ENDPOINT}/`, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: IDENTITY,
    });
    const body = "Action=GetCallerIdentity&Version=2011-06-15&x=1";
    const headers = new Headers(signed.headers);
    headers.set("host", new URL(ENDPOINT).host);
    headers.set("content-length", String(body.length));
    const request = new Request(`${ENDPOINT}/`, { method: "POST", headers, body });
    await expectQueryError(await fetchQuery(request), 403, "SignatureDoesNotMatch");
  });

  test("with a body of over 1 MiB", async () => {
    const body = `${IDENTITY}&x=${"x".repeat(1024 * 1024)}`;
    await expectQueryError(await sendQuery({ body, service: "sts" }), 413, "RequestEntityTooLarge");
  });

  test("with a body of over 128 KiB that nobody has signed", async () => {
    const body = `${IDENTITY}&x=${"x".repeat(128 * 1024)}`;
    const headers = {
      "content-type": "application/x-www-form-urlencoded",
      "content-length": String(body.length),
    };
    const answer = await rawFetch(`${ENDPOINT}/`, { method: "POST", headers, body });
    await expectQueryError(answer, 413, "RequestEntityTooLarge");
    await sendQuery({ body, service: "sts" });
  });

  test("by a deployment without MASTER_KEY, by its name", async () => {
    const bindings = faultyEnv({ MASTER_KEY: "" } as Partial<Cloudflare.Env>);
    const answer = await query("ListUsers", {}, { bindings });
    expect(await expectQueryError(answer, 501, "NotImplemented")).toContain("MASTER_KEY");
  });

  test("as signed for S3", async () => {
    const client = new AwsClient({ ...ROOT, service: "s3", region: "us-east-1" });
    const signed = await client.sign(`${ENDPOINT}/`, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: IDENTITY,
    });
    signed.headers.set("host", new URL(ENDPOINT).host);
    await expectQueryError(await fetchQuery(signed), 400, "IncompleteSignature");
  });
});

test.for<[service: string, QueryApi, { actions: string[]; version: string }]>([
  ["IAM", IAM, iamModel],
  ["STS", STS, stsModel],
])("%s has every action of AWS's model, built or refused by its name", ([, api, model]) => {
  const { actions, notBuilt, version } = api;
  expect(version).toBe(model.version);
  expect([...Object.keys(actions), ...notBuilt].toSorted()).toEqual(model.actions);
});

test("documents escape what stands in them", async () => {
  const name = newName("user");
  const parameters = { UserName: name, "Tags.member.1.Key": "a", "Tags.member.1.Value": "x" };
  expect(await queried("CreateUser", parameters)).toContain(
    "<Tags><member><Key>a</Key><Value>x</Value></member></Tags>",
  );
  const answer = await query("GetUser", { UserName: "<&>" });
  expect(await expectQueryError(answer, 400, "ValidationError")).toContain(
    "Value '&lt;&amp;&gt;' at",
  );
  await queried("DeleteUser", { UserName: name });
});
