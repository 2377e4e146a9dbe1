import { fetchAs, type Keys } from "./accounts.ts";
import { type IamAccount, keysIn, newIamAccount, newName } from "./query-api.ts";

export interface User {
  readonly name: string;
  readonly arn: string;
  readonly keys: Keys;
}

/** An account that no other test has, with a bucket that has `home/alice/a` and `home/bob/b`. */
export async function newHome(): Promise<{ account: IamAccount; bucket: string }> {
  const account = await newIamAccount();
  const bucket = newName("bucket");
  await fetchAs(account.keys, "PUT", `/${bucket}`);
  for (const key of ["home/alice/a", "home/bob/b"])
    await fetchAs(account.keys, "PUT", `/${bucket}/${key}`, { body: "x" });
  return { account, bucket };
}

/** @param document its own policy; undefined: it may do nothing */
export async function newUserOf({ ask, id }: IamAccount, document?: string): Promise<User> {
  const name = newName("user");
  await ask("CreateUser", { UserName: name });
  if (document !== undefined)
    await ask("PutUserPolicy", { UserName: name, PolicyName: "own", PolicyDocument: document });
  const keys = keysIn(await ask("CreateAccessKey", { UserName: name }));
  return { name, arn: `arn:aws:iam::${id}:user/${name}`, keys };
}

export const policyText = (...Statement: readonly object[]): string =>
  JSON.stringify({ Version: "2012-10-17", Statement });

export const statusOf = async (
  keys: Keys,
  method: string,
  path: string,
  body?: string,
): Promise<number> =>
  (await fetchAs(keys, method, path, body === undefined ? {} : { body })).status;
