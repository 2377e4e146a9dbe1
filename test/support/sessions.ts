import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { fetchAs, type Keys, newAccount } from "./accounts.ts";
import { elements } from "./client.ts";
import { newName, type Parameters, queried, query, ROOT } from "./query-api.ts";

/** Temporary credentials. */
export interface SessionKeys extends Keys {
  readonly sessionToken: string;
}

/** An account that no other test has: its root's keys. */
export interface Home {
  readonly id: string;
  readonly keys: Keys;
}

export interface User extends Keys {
  readonly name: string;
  readonly arn: string;
}

export interface Role {
  readonly name: string;
  readonly arn: string;
  readonly id: string;
}

/** An account with an object, a user that may ask STS for everything, and a role that it may assume and that may do all with S3. */
export interface Stage {
  readonly home: Home;
  readonly user: User;
  readonly role: Role;
  readonly bucket: string;
}

/** A session of a role of the deployment's own account, which may do all with S3. */
export async function sessionOfRole(): Promise<SessionKeys> {
  const home = { id: env.ACCOUNT_ID, keys: ROOT };
  const user = await newUser(home, allowing("sts:*"));
  return credentialsOf(
    assumeRole(user, await newRole(home, trusting({ AWS: user.arn }), ANYTHING)),
  );
}

export async function newStage(): Promise<Stage> {
  const home = await newHome();
  const user = await newUser(home, allowing(["sts:*", "s3:*"]));
  const role = await newRole(home, trusting({ AWS: user.arn }), ANYTHING);
  const bucket = newName("bucket");
  await fetchAs(home.keys, "PUT", `/${bucket}`);
  await fetchAs(home.keys, "PUT", `/${bucket}/k`, { body: "text" });
  return { home, user, role, bucket };
}

export const newHome = (): Promise<Home> => newAccount();

/** A policy of one statement that allows. */
export function allowing(
  action: readonly string[] | string,
  resource: readonly string[] | string = "*",
  more: object = {},
): string {
  const statement = { Effect: "Allow", Action: action, Resource: resource, ...more };
  return JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
}

/** A trust policy for one principal. */
export function trusting(
  principal: object | string,
  {
    action = "sts:AssumeRole",
    ...more
  }: { action?: readonly string[] | string; Condition?: object } = {},
): string {
  const statement = { Effect: "Allow", Principal: principal, Action: action, ...more };
  return JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
}

export const ANYTHING = allowing("s3:*");

/** A user with a key. @param policy undefined: it may do nothing */
export async function newUser({ keys }: Home, policy?: string): Promise<User> {
  const name = newName("user");
  const [arn = ""] = elements(await queried("CreateUser", { UserName: name }, { keys }), "Arn");
  if (policy !== undefined)
    await queried(
      "PutUserPolicy",
      { UserName: name, PolicyName: "p", PolicyDocument: policy },
      { keys },
    );
  const made = await queried("CreateAccessKey", { UserName: name }, { keys });
  const [accessKeyId = ""] = elements(made, "AccessKeyId");
  const [secretAccessKey = ""] = elements(made, "SecretAccessKey");
  return { name, arn, accessKeyId, secretAccessKey };
}

export async function newRole(
  { keys }: Home,
  trust: string,
  policy?: string,
  more: Parameters = {},
): Promise<Role> {
  const name = newName("role");
  const made = await queried(
    "CreateRole",
    { RoleName: name, AssumeRolePolicyDocument: trust, ...more },
    { keys },
  );
  if (policy !== undefined) await putRolePolicy({ keys }, name, policy);
  const [arn = ""] = elements(made, "Arn");
  const [id = ""] = elements(made, "RoleId");
  return { name, arn, id };
}

export async function putRolePolicy(
  { keys }: Pick<Home, "keys">,
  name: string,
  policy: string,
): Promise<void> {
  await queried(
    "PutRolePolicy",
    { RoleName: name, PolicyName: "p", PolicyDocument: policy },
    { keys },
  );
}

/** Sends an action of STS. */
export function sts(
  action: string,
  parameters: Parameters,
  keys: Keys,
  bindings?: Cloudflare.Env,
): Promise<Response> {
  return query(action, parameters, {
    service: "sts",
    keys,
    ...(bindings !== undefined && { bindings }),
  });
}

export function assumeRole(keys: Keys, role: Pick<Role, "arn">, more: Parameters = {}) {
  return sts("AssumeRole", { RoleArn: role.arn, RoleSessionName: "session", ...more }, keys);
}

/** The credentials of an answer that has some. */
export async function credentialsOf(answer: Promise<Response> | Response): Promise<SessionKeys> {
  const response = await answer;
  const document = await response.text();
  expect(response.status, document).toBe(200);
  const [accessKeyId = ""] = elements(document, "AccessKeyId");
  const [secretAccessKey = ""] = elements(document, "SecretAccessKey");
  const [sessionToken = ""] = elements(document, "SessionToken");
  return { accessKeyId, secretAccessKey, sessionToken };
}
