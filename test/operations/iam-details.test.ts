import { expect, test } from "vitest";
import { elements } from "../support/client.ts";
import { allowing, newIamAccount } from "../support/query-api.ts";

const ACTION = "GetAccountAuthorizationDetails";

test("all that an account has comes in pages of bounded length, each policy once", async () => {
  const { ask } = await newIamAccount();
  const names = Array.from({ length: 45 }, (_, i) => `policy-${10 + i}`);
  const document = allowing("s3:*", `arn:aws:s3:::${"a".repeat(5900)}`);
  const spaced = document.replace("{", `{${" ".repeat(17_000)}`);
  for (const PolicyName of names) await ask("CreatePolicy", { PolicyName, PolicyDocument: spaced });
  await ask("CreateUser", { UserName: "user" });
  await ask("CreateGroup", { GroupName: "group" });

  const told: string[] = [];
  let pages = 0;
  for (let marker: string | undefined = ""; marker !== undefined;) {
    const page = await ask(ACTION, { MaxItems: "1000", ...(marker !== "" && { Marker: marker }) });
    told.push(...elements(page, "PolicyName"));
    // White space takes three characters.
    expect(page.length).toBeLessThan(3_500_000);
    [marker] = elements(page, "Marker");
    pages += 1;
  }
  expect(told).toEqual(names);
  expect(pages).toBe(2);
});
