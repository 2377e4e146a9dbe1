import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { CreateBucketCommand, ListBucketsCommand } from "@aws-sdk/client-s3";
import { AwsClient } from "aws4fetch";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { elements } from "../support/elements.ts";
import { OidcIssuer } from "../support/oidc-issuer.ts";
import { expectSdkError, sdkClient, uniqueName } from "../support/sdk.ts";

const { endpoint, credentials } = inject("ledge");
const root = new AwsClient({ ...credentials, service: "iam", region: "us-east-1", retries: 0 });

/** A provider on this machine, as Keycloak on one's own. */
let server: Server;
let issuer: OidcIssuer;
beforeAll(async () => {
  server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  issuer = new OidcIssuer(`http://localhost:${port()}/realms/demo`);
  await issuer.addKey("key", "RS256");
});
afterAll(() => {
  server.close();
});

async function answer({ url }: IncomingMessage, response: ServerResponse): Promise<void> {
  const { status, body } = await issuer.answer(`http://localhost:${port()}${url}`);
  response.writeHead(status, { "content-type": "application/json" });
  response.end(Buffer.from(await new Response(body).arrayBuffer()));
}

function port(): number {
  return (server.address() as AddressInfo).port;
}

async function send(fetcher: typeof fetch, parameters: Record<string, string>): Promise<string> {
  const body = new URLSearchParams(parameters).toString();
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const response = await fetcher(endpoint, { method: "POST", headers, body });
  const text = await response.text();
  expect(response.status, text).toBe(200);
  return text;
}

test("a job without keys gets some by its provider's token, and uses them", async () => {
  const signed = (request: RequestInfo | URL, init?: RequestInit) => root.fetch(request, init);
  const iam = (Action: string, parameters: Record<string, string>) =>
    send(signed, { Action, Version: "2010-05-08", ...parameters });
  const made = await iam("CreateOpenIDConnectProvider", { Url: issuer.url });
  const [Federated = ""] = elements(made, "OpenIDConnectProviderArn");
  const trust = {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Federated },
        Action: "sts:AssumeRoleWithWebIdentity",
        Condition: {
          StringEquals: { [`${issuer.url.replace("http://", "")}:sub`]: "repo:octo/site:main" },
        },
      },
    ],
  };
  const RoleName = uniqueName();
  const role = await iam("CreateRole", {
    RoleName,
    AssumeRolePolicyDocument: JSON.stringify(trust),
  });
  const PolicyArn = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
  await iam("AttachRolePolicy", { RoleName, PolicyArn });
  const session = await send(fetch, {
    Action: "AssumeRoleWithWebIdentity",
    Version: "2011-06-15",
    RoleArn: elements(role, "Arn")[0] ?? "",
    RoleSessionName: "job",
    WebIdentityToken: await issuer.token({ sub: "repo:octo/site:main" }),
  });
  const s3 = sdkClient({
    endpoint,
    credentials: {
      accessKeyId: elements(session, "AccessKeyId")[0] ?? "",
      secretAccessKey: elements(session, "SecretAccessKey")[0] ?? "",
      sessionToken: elements(session, "SessionToken")[0] ?? "",
    },
  });
  expect((await s3.send(new ListBucketsCommand({}))).$metadata.httpStatusCode).toBe(200);
  await expectSdkError(
    s3.send(new CreateBucketCommand({ Bucket: uniqueName() })),
    403,
    "AccessDenied",
  );
});
