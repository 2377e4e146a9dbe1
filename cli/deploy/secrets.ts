import { randomBytes, randomInt } from "node:crypto";

/** What only a deployment's owner is to know. The names are the Worker's. */
export interface Secrets {
  readonly ROOT_ACCESS_KEY_ID: string;
  readonly ROOT_SECRET_ACCESS_KEY: string;
  readonly MASTER_KEY: string;
}

const ID_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const ID_LENGTH = 20;
/** 40 characters of base64. */
const SECRET_BYTES = 30;
const MASTER_KEY_BYTES = 32;

/** As long as AWS's are, which programs check. The id begins with no prefix that AWS gives a meaning to. */
export function newSecrets(): Secrets {
  const id = Array.from({ length: ID_LENGTH - 2 }, () => ID_CHARACTERS[randomInt(32)]);
  return {
    ROOT_ACCESS_KEY_ID: `LG${id.join("")}`,
    ROOT_SECRET_ACCESS_KEY: randomBytes(SECRET_BYTES).toString("base64url"),
    MASTER_KEY: randomBytes(MASTER_KEY_BYTES).toString("base64"),
  };
}
