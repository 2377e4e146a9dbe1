import { type Infer, many, object, one, oneOf, optional, text } from "../../lib/xml-shape.ts";
import type { XmlElement } from "../../lib/xml-reader.ts";
import { XmlSyntaxError } from "../../lib/xml-reader.ts";
import type { XmlNode } from "../../lib/xml-writer.ts";

const XSI = "http://www.w3.org/2001/XMLSchema-instance";

/** By `xsi:type`, the element that names a grantee, and what a grant header calls it. */
export const GRANTEE_NAMES = {
  CanonicalUser: { child: "ID", header: "id" },
  Group: { child: "URI", header: "uri" },
  AmazonCustomerByEmail: { child: "EmailAddress", header: "emailAddress" },
} as const;

interface LogGrantee {
  readonly type: keyof typeof GRANTEE_NAMES;
  readonly name: string;
  readonly displayName?: string | undefined;
}

/** Whose type is an attribute, which other shapes have none of. */
const GRANTEE = {
  read(_name: string, found: readonly XmlElement[]): LogGrantee {
    const [element, ...others] = found;
    const type = element?.attributes?.["type"] ?? "";
    if (element === undefined || others.length > 0 || !Object.hasOwn(GRANTEE_NAMES, type))
      throw new XmlSyntaxError("a <Grant> has one <Grantee> of a type that there is");
    const known = type as keyof typeof GRANTEE_NAMES;
    const { child } = GRANTEE_NAMES[known];
    const named = element.children.filter(({ name }) => name !== "DisplayName");
    const displayName = element.children.find(({ name }) => name === "DisplayName");
    if (named.length !== 1 || named[0]?.name !== child)
      throw new XmlSyntaxError("a <Grantee> names one of its type");
    return {
      type: known,
      name: text.read(named[0]),
      ...(displayName !== undefined && { displayName: text.read(displayName) }),
    };
  },
  write: (name: string, { type, name: grantee, displayName }: LogGrantee): readonly XmlNode[] => [
    [
      name,
      [
        ["DisplayName", displayName],
        [GRANTEE_NAMES[type].child, grantee],
      ],
      { "xmlns:xsi": XSI, "xsi:type": type },
    ],
  ],
};

// AWS takes permissions that its documentation has not, such as READ_ACP (recorded).
const Grant = object({
  Grantee: GRANTEE,
  Permission: one(oneOf("FULL_CONTROL", "READ", "WRITE", "READ_ACP", "WRITE_ACP")),
});

const LoggingEnabled = object({
  TargetBucket: one(text),
  TargetGrants: optional(object({ Grant: many(Grant) })),
  TargetObjectKeyFormat: optional(
    object({
      SimplePrefix: optional(object({})),
      PartitionedPrefix: optional(
        object({ PartitionDateSource: optional(oneOf("EventTime", "DeliveryTime")) }),
      ),
    }),
  ),
  TargetPrefix: one(text),
});

/** The document of PutBucketLogging; an empty one ends it. */
export const BucketLoggingStatus = object({ LoggingEnabled: optional(LoggingEnabled) });

export type LoggingEnabled = Infer<typeof LoggingEnabled>;
export type BucketLoggingStatus = Infer<typeof BucketLoggingStatus>;
