import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { newAccount } from "../support/accounts.ts";
import { elements } from "../support/client.ts";
import { expectQueryError, newName, queried, query } from "../support/query-api.ts";

const ACCOUNT = env.ACCOUNT_ID;

test("a user is made, shown, listed, and deleted", async () => {
  const name = newName("User");
  const made = await queried("CreateUser", { UserName: name, Path: "/team/" });
  expect(elements(made, "Arn")).toEqual([`arn:aws:iam::${ACCOUNT}:user/team/${name}`]);
  expect(elements(made, "UserId")[0]).toMatch(/^AIDA[A-Z2-7]{17}$/);
  expect(elements(made, "CreateDate")[0]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);

  const shown = await queried("GetUser", { UserName: name.toUpperCase() });
  expect(elements(shown, "UserName")).toEqual([name]);
  const again = await query("CreateUser", { UserName: name.toUpperCase() });
  await expectQueryError(again, 409, "EntityAlreadyExists");

  expect(elements(await queried("ListUsers", { PathPrefix: "/team/" }), "UserName")).toContain(
    name,
  );
  expect(elements(await queried("ListUsers", { PathPrefix: "/other/" }), "UserName")).toEqual([]);

  expect(await queried("DeleteUser", { UserName: name })).not.toContain("DeleteUserResult");
  const gone = await expectQueryError(
    await query("GetUser", { UserName: name }),
    404,
    "NoSuchEntity",
  );
  expect(gone).toBe(`The user with name ${name} cannot be found.`);
});

test("GetUser without a name is the caller", async () => {
  const document = await queried("GetUser");
  expect(elements(document, "Arn")).toEqual([`arn:aws:iam::${ACCOUNT}:root`]);
  expect(elements(document, "UserName")).toEqual([]);
});

test("users are an account's own, and listed in pages, by name without regard to case", async () => {
  const { keys } = await newAccount();
  for (const name of ["b", "C", "a"]) await queried("CreateUser", { UserName: name }, { keys });
  const first = await queried("ListUsers", { MaxItems: "2" }, { keys });
  expect(elements(first, "UserName")).toEqual(["a", "b"]);
  expect(elements(first, "IsTruncated")).toEqual(["true"]);
  const [marker = ""] = elements(first, "Marker");
  const second = await queried("ListUsers", { MaxItems: "2", Marker: marker }, { keys });
  expect(elements(second, "UserName")).toEqual(["C"]);
  expect(elements(second, "IsTruncated")).toEqual(["false"]);
  await expectQueryError(
    await query("ListUsers", { Marker: "?" }, { keys }),
    400,
    "ValidationError",
  );
  await expectQueryError(await query("GetUser", { UserName: "a" }), 404, "NoSuchEntity");
});
