import type { Account } from "../protocol/owner.ts";
import type { XmlNode } from "../lib/xml-writer.ts";

/** What is in an `<Owner>` or an `<Initiator>`. */
export function ownerContent({ canonicalId, displayName }: Account): readonly XmlNode[] {
  return [
    ["ID", canonicalId],
    ["DisplayName", displayName],
  ];
}
