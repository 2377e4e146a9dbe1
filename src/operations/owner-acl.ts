import type { Account } from "../protocol/owner.ts";
import { xmlResponse } from "../protocol/respond.ts";
import { ownerContent } from "./owner-content.ts";

const CANONICAL_USER = {
  "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
  "xsi:type": "CanonicalUser",
};

/** The ACL that everything is made with, and has: full control for its owner. */
export function ownerAcl(
  account: Account,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const owner = ownerContent(account);
  const grant = [
    ["Grantee", owner, CANONICAL_USER],
    ["Permission", "FULL_CONTROL"],
  ] as const;
  return xmlResponse(
    "AccessControlPolicy",
    [
      ["Owner", owner],
      ["AccessControlList", [["Grant", grant]]],
    ],
    { headers },
  );
}
