import type { EncryptionDocument } from "../protocol/encryption/bucket-encryption.ts";
import { gatewayDocument } from "./gateway-document.ts";

/** Never changes: stored data name it. */
export const ENCRYPTION = "encryption";

/** How a bucket encrypts what nobody has said of; undefined: it was never configured. */
export const encryptionRule = gatewayDocument(
  ENCRYPTION,
  (body) => (JSON.parse(body) as EncryptionDocument).Rule,
);
