import { createHmac } from "node:crypto";
import { AwsClient } from "aws4fetch";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { fetchAs } from "../support/accounts.ts";
import { elements, ENDPOINT, expectError, rawFetch } from "../support/client.ts";
import { advanceClock } from "../support/faults.ts";
import { formBody, policyOf, sendForm, signedV2 } from "../support/form.ts";
import { expectQueryError, ROOT } from "../support/query-api.ts";
import {
  assumeRole,
  credentialsOf,
  newStage,
  type Role,
  type SessionKeys,
  sts,
  type User,
} from "../support/sessions.ts";

let user: User;
let role: Role;
let bucket: string;
let session: SessionKeys;
beforeAll(async () => {
  ({ user, role, bucket } = await newStage());
  session = await credentialsOf(assumeRole(user, role));
});

afterEach(() => {
  vi.useRealTimers();
});

const read = (keys: SessionKeys, bindings = env) =>
  fetchAs(keys, "GET", `/${bucket}/k`, { bindings });

describe("temporary credentials", () => {
  test("sign URLs, which end with them", async () => {
    const presign = async (expires: number) => {
      const client = new AwsClient({ ...session, service: "s3", region: "us-east-1" });
      const url = `${ENDPOINT}/${bucket}/k?X-Amz-Expires=${expires}`;
      return (await client.sign(url, { aws: { signQuery: true } })).url;
    };
    const headers = { host: new URL(ENDPOINT).host };
    const url = await presign(86_400);
    expect(url).toContain("X-Amz-Security-Token=");
    expect(await (await rawFetch(url, { headers })).text()).toBe("text");
    const without = url.replace(/&X-Amz-Security-Token=[^&]*/, "");
    await expectError(await rawFetch(without, { headers }), 403, "InvalidAccessKeyId");
    advanceClock(3_601_000);
    await expectError(await rawFetch(url, { headers }), 400, "ExpiredToken");
  });

  test("sign with SigV2, in the header and in URLs", async () => {
    const { accessKeyId, secretAccessKey, sessionToken } = session;
    const sign = (text: string) =>
      createHmac("sha1", secretAccessKey).update(text).digest("base64");
    const date = new Date().toUTCString();
    const lines = `x-amz-date:${date}\nx-amz-security-token:${sessionToken}\n`;
    const signature = sign(`GET\n\n\n\n${lines}/${bucket}/k`);
    const headers = {
      authorization: `AWS ${accessKeyId}:${signature}`,
      "x-amz-date": date,
      "x-amz-security-token": sessionToken,
    };
    expect((await rawFetch(`${ENDPOINT}/${bucket}/k`, { headers })).status).toBe(200);

    const expires = String(Math.floor(Date.now() / 1000) + 600);
    const inUrl = sign(`GET\n\n\n${expires}\nx-amz-security-token:${sessionToken}\n/${bucket}/k`);
    const parameters = new URLSearchParams({
      AWSAccessKeyId: accessKeyId,
      Expires: expires,
      Signature: inUrl,
      "x-amz-security-token": sessionToken,
    });
    const url = `${ENDPOINT}/${bucket}/k?${parameters.toString()}`;
    expect((await rawFetch(url)).status).toBe(200);
    parameters.delete("x-amz-security-token");
    const without = `${ENDPOINT}/${bucket}/k?${parameters.toString()}`;
    await expectError(await rawFetch(without), 403, "InvalidAccessKeyId");
  });

  test("sign forms, whose token is a field", async () => {
    const token = session.sessionToken;
    const conditions = [{ bucket }, { key: "formed" }, { "x-amz-security-token": token }];
    const signed = signedV2(policyOf(conditions), session);
    const fields = [["key", "formed"] as const, ...signed];
    const withToken = [...fields, ["x-amz-security-token", token] as const];
    const made = await sendForm(bucket, formBody(withToken, { file: "x" }));
    expect(made.status, await made.text()).toBe(204);
    const without = await sendForm(bucket, formBody(fields, { file: "x" }));
    await expectError(without, 403, "InvalidAccessKeyId");
  });
});

describe("a token is refused", () => {
  test("when there is none, or it is another key's, damaged, or a long-term key's", async () => {
    const other = await credentialsOf(assumeRole(user, role));
    const { accessKeyId, secretAccessKey, sessionToken } = session;
    await expectError(
      await fetchAs({ accessKeyId, secretAccessKey }, "GET", `/${bucket}/k`),
      403,
      "InvalidAccessKeyId",
    );
    for (const wrong of [
      { ...session, sessionToken: other.sessionToken },
      { ...other, secretAccessKey, sessionToken },
      { ...session, sessionToken: sessionToken.slice(0, -2) },
      { ...session, sessionToken: "nonsense" },
      { ...session, sessionToken: `${sessionToken}=` },
      { ...user, sessionToken },
      { ...ROOT, sessionToken },
    ])
      await expectError(await read(wrong), 400, "InvalidToken");
    // A secret is of one key, and one token.
    const mixed = { ...session, secretAccessKey: other.secretAccessKey };
    await expectError(await read(mixed), 403, "SignatureDoesNotMatch");
  });

  test("of IAM and STS by other codes", async () => {
    const { accessKeyId, secretAccessKey } = session;
    const wrong = { ...session, sessionToken: "nonsense" };
    for (const keys of [{ accessKeyId, secretAccessKey }, wrong])
      await expectQueryError(await sts("GetCallerIdentity", {}, keys), 403, "InvalidClientTokenId");
  });

  test("when it is not signed", async () => {
    const { sessionToken, ...keys } = session;
    const client = new AwsClient({ ...keys, service: "s3", region: "us-east-1" });
    const request = await client.sign(`${ENDPOINT}/${bucket}/k`, {
      headers: { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" },
    });
    request.headers.set("x-amz-security-token", sessionToken);
    request.headers.set("host", new URL(ENDPOINT).host);
    await expectError(await rawFetch(request.url, request), 403, "AccessDenied");
  });

  test("after its time, by S3 and by STS", async () => {
    const short = await credentialsOf(assumeRole(user, role, { DurationSeconds: "900" }));
    advanceClock(899_000);
    expect((await read(short)).status).toBe(200);
    advanceClock(1000);
    const told = await expectError(await read(short), 400, "ExpiredToken");
    expect(elements(told, "Message")).toEqual(["The provided token has expired."]);
    await expectQueryError(await sts("GetCallerIdentity", {}, short), 403, "ExpiredToken");
  });
});
