import { randomBase32 } from "../../lib/base32.ts";

const RANDOM_CHARACTERS = 17;

/**
 * An id that nothing else has or will have: what is made anew under an old name gets another, so that no policy that named the
 * old one means it.
 *
 * @param prefix what it is of: a group, a user, a managed policy, a role
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
 */
export function newUniqueId(prefix: "AGPA" | "AIDA" | "ANPA" | "AROA"): string {
  return prefix + randomBase32(RANDOM_CHARACTERS);
}
