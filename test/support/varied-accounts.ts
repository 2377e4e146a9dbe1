import { text } from "node:stream/consumers";
import { AwsClient } from "aws4fetch";
import type { SignedRequests } from "../../cli/maintenance/signed-requests.ts";
import type { Ledge } from "../../cli/testing.ts";

export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** An action of IAM, or of KMS by its JSON, by whoever has the keys. */
export async function act(
  { endpoint }: Pick<Ledge, "endpoint">,
  keys: Keys,
  action: string,
  parameters: Readonly<Record<string, string>> = {},
): Promise<string> {
  const isKms = action.startsWith("TrentService.");
  const client = new AwsClient({ ...keys, service: isKms ? "kms" : "iam", region: "us-east-1" });
  const response = await client.fetch(endpoint, {
    method: "POST",
    ...(isKms
      ? {
          headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": action },
          body: JSON.stringify(parameters),
        }
      : {
          headers: { "content-type": "application/x-www-form-urlencoded; charset=utf-8" },
          body: String(
            new URLSearchParams({ Action: action, Version: "2010-05-08", ...parameters }),
          ),
        }),
  });
  const answer = await response.text();
  if (!response.ok) throw new Error(`${action}: ${answer}`);
  return answer;
}

export function element(answer: string, name: string): string {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(answer)?.[1] ?? "";
}

export const ACCOUNT_ID = "111111111111";
export const ACCOUNT_KEYS: Keys = {
  accessKeyId: "AKIAVARIEDACCOUNT",
  secretAccessKey: "the-secret-of-a-varied-account",
};

const allow = (Action: string, Resource = "*"): string =>
  JSON.stringify({ Version: "2012-10-17", Statement: { Effect: "Allow", Action, Resource } });
const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: { Effect: "Allow", Principal: { AWS: "*" }, Action: "sts:AssumeRole" },
});

/** Fills an installation with one of everything that accounts may have. @returns the keys of a user who may list its account's buckets */
export async function fillVariedAccounts(ledge: Ledge, requests: SignedRequests): Promise<Keys> {
  const account = {
    displayName: "varied",
    email: "varied@example.com",
    rootKeys: [ACCOUNT_KEYS],
    users: [{ name: "put", inlinePolicies: { p: JSON.parse(allow("s3:GetObject")) as object } }],
  };
  await requests.done("PUT", `/_ledge/accounts/${ACCOUNT_ID}`, {
    body: Buffer.from(JSON.stringify(account)),
  });
  const iam = (action: string, parameters?: Readonly<Record<string, string>>): Promise<string> =>
    act(ledge, ACCOUNT_KEYS, action, parameters);
  await iam("CreateAccountAlias", { AccountAlias: "varied-alias" });
  const PolicyArn = element(
    await iam("CreatePolicy", {
      PolicyName: "lists",
      PolicyDocument: allow("s3:ListAllMyBuckets"),
    }),
    "Arn",
  );
  await iam("CreatePolicyVersion", { PolicyArn, PolicyDocument: allow("s3:*") });
  await iam("CreateUser", { UserName: "Alice", Path: "/team/", PermissionsBoundary: PolicyArn });
  await iam("TagUser", { UserName: "Alice", "Tags.member.1.Key": "k", "Tags.member.1.Value": "v" });
  await iam("CreateGroup", { GroupName: "readers" });
  await iam("AddUserToGroup", { GroupName: "readers", UserName: "Alice" });
  await iam("AttachGroupPolicy", { GroupName: "readers", PolicyArn });
  await iam("CreateRole", { RoleName: "worker", AssumeRolePolicyDocument: TRUST });
  await iam("PutRolePolicy", {
    ...{ RoleName: "worker", PolicyName: "inline", PolicyDocument: allow("s3:PutObject") },
  });
  await iam("CreateOpenIDConnectProvider", {
    ...{ Url: "https://issuer.example.com", "ClientIDList.member.1": "client" },
    "ThumbprintList.member.1": "0".repeat(40),
  });
  await act(ledge, ACCOUNT_KEYS, "TrentService.CreateKey", { Description: "varied" });
  // The deployment's own account has identities as well.
  await act(ledge, ledge.credentials, "CreateUser", { UserName: "own" });
  const made = await iam("CreateAccessKey", { UserName: "Alice" });
  return {
    accessKeyId: element(made, "AccessKeyId"),
    secretAccessKey: element(made, "SecretAccessKey"),
  };
}

/** Everything that can be seen of the accounts, with what each request has of its own left out. */
export async function visibleAccounts(ledge: Ledge, requests: SignedRequests): Promise<object> {
  const seen: Record<string, string> = {
    accounts: await text(await requests.send("GET", "/_ledge/accounts")),
  };
  for (const [whose, keys] of Object.entries({ root: ledge.credentials, varied: ACCOUNT_KEYS })) {
    for (const action of [
      "GetAccountAuthorizationDetails",
      "ListAccountAliases",
      "ListOpenIDConnectProviders",
    ])
      seen[`${whose} ${action}`] = (await act(ledge, keys, action)).replace(
        /<RequestId>[^<]*<\/RequestId>/,
        "",
      );
    for (const action of ["ListKeys", "ListAliases"])
      seen[`${whose} ${action}`] = await act(ledge, keys, `TrentService.${action}`);
  }
  seen["keys of Alice"] = (
    await act(ledge, ACCOUNT_KEYS, "ListAccessKeys", { UserName: "Alice" })
  ).replace(/<RequestId>[^<]*<\/RequestId>/, "");
  return seen;
}
