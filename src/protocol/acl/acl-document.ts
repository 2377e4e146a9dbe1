import { type XmlElement, XmlSyntaxError } from "../../lib/xml-reader.ts";
import { many, object, one, oneOf, optional, type Shape, text } from "../../lib/xml-shape.ts";
import type { XmlContent, XmlNode } from "../../lib/xml-writer.ts";
import { S3Error } from "../errors.ts";
import { readXml } from "../read-xml.ts";
import { type Acl, type AclGrant, MAX_GRANTS, PERMISSIONS, uriOfGroup } from "./acl.ts";
import type { RequestedGrant, RequestedGrantee } from "./requested-grants.ts";

const XSI = "http://www.w3.org/2001/XMLSchema-instance";

/** By `xsi:type`: the element that names the grantee, and what AWS calls it when there is none of this name. */
const GRANTEES: ReadonlyMap<string, { child: string } & Omit<RequestedGrantee, "name">> = new Map([
  ["CanonicalUser", { child: "ID", by: "id", argument: "CanonicalUser/ID" }],
  ["Group", { child: "URI", by: "uri", argument: "Group/URI" }],
  [
    "AmazonCustomerByEmail",
    { child: "EmailAddress", by: "email", argument: "AmazonCustomerByEmail/EmailAddress" },
  ],
]);

const Owner = object({ ID: one(text), DisplayName: optional(text) });

/** Clients send back what they read, so that it may have a DisplayName beside. */
const Grantee: Shape<RequestedGrantee> = {
  read({ attributes, children }: XmlElement) {
    const type = GRANTEES.get(attributes?.["type"] ?? "");
    const [named, ...others] = children.filter(({ name }) => name !== "DisplayName");
    if (type === undefined || named?.name !== type.child || others.length > 0)
      throw new XmlSyntaxError("a <Grantee> names one of its type");
    return { by: type.by, name: text.read(named), argument: type.argument };
  },
  // Only read: what is written has attributes, which are no part of a shape.
  write: () => [],
};

const AccessControlPolicy = object({
  Owner: one(Owner),
  AccessControlList: one(
    object({
      Grant: many(
        object({
          Grantee: one(Grantee),
          Permission: one(oneOf(...PERMISSIONS)),
        }),
      ),
    }),
  ),
});

/** What PutObjectAcl or PutBucketAcl is asked to set. */
export interface RequestedAcl {
  /** Which must be the owner: ACLs do not give things away. */
  readonly ownerId: string;
  readonly grants: readonly RequestedGrant[];
}

/**
 * Reads the document of PutObjectAcl and PutBucketAcl.
 *
 * @throws S3Error MalformedACLError
 */
export function readAcl(document: Uint8Array): RequestedAcl {
  const { Owner: owner, AccessControlList: list } = readPolicy(document);
  if (list.Grant.length > MAX_GRANTS) throw new S3Error("MalformedACLError");
  return {
    ownerId: owner.ID,
    grants: list.Grant.map(({ Grantee: grantee, Permission: permission }) => ({
      grantee,
      permission,
    })),
  };
}

function readPolicy(document: Uint8Array) {
  try {
    return readXml(document, "AccessControlPolicy", AccessControlPolicy);
  } catch (error) {
    if (error instanceof S3Error && error.code === "MalformedXML")
      throw new S3Error("MalformedACLError");
    throw error;
  }
}

/** What is in `<AccessControlPolicy>`. Groups come first, whatever the order they were given in. */
export function aclContent({ owner, grants }: Acl): XmlContent {
  const ofGroups = grants.filter(({ grantee }) => grantee.kind === "group");
  const ofAccounts = grants.filter(({ grantee }) => grantee.kind === "account");
  return [
    ["Owner", namedContent(owner)],
    ["AccessControlList", [...ofGroups, ...ofAccounts].map(grantNode)],
  ];
}

function grantNode({ grantee, permission }: AclGrant): XmlNode {
  const [type, content]: [string, XmlContent] =
    grantee.kind === "group"
      ? ["Group", [["URI", uriOfGroup(grantee.group)]]]
      : ["CanonicalUser", namedContent(grantee)];
  return [
    "Grant",
    [
      ["Grantee", content, { "xmlns:xsi": XSI, "xsi:type": type }],
      ["Permission", permission],
    ],
  ];
}

function namedContent(named: { canonicalId: string; displayName: string }): XmlContent {
  return [
    ["ID", named.canonicalId],
    ["DisplayName", named.displayName === "" ? undefined : named.displayName],
  ];
}
