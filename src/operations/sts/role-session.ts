import { sessionSeconds } from "../../domain/sts/assume-role.ts";
import { type NewSession, newSession, type SessionDraft } from "../../domain/sts/new-session.ts";
import type { TagSet } from "../../protocol/tag-set.ts";
import type { AssumableRole } from "../../storage/ports/session-directory.ts";
import { keptTags, limitsOf } from "./session-contents.ts";

/** Of a request to act as a role: what the session is called, limited by, and lasts. */
type RoleSessionInput = Parameters<typeof limitsOf>[0] & {
  readonly RoleSessionName: string;
  readonly DurationSeconds: number | undefined;
};

/** What goes into the session from elsewhere. */
interface Kept extends Pick<SessionDraft, "sourceIdentity" | "webIdentity"> {
  readonly tags: TagSet;
  readonly transitiveTagKeys: readonly string[];
  /** It is made with another session. */
  readonly isChained: boolean;
}

/** A session of a role that whoever asks may act as. @throws QueryError as {@link newSession} and {@link sessionSeconds} */
export function newRoleSession(
  context: Parameters<typeof newSession>[0],
  role: AssumableRole,
  input: RoleSessionInput,
  { sourceIdentity, webIdentity, isChained, ...tags }: Kept,
): Promise<NewSession> {
  const draft: SessionDraft = {
    kind: "role session",
    accountId: role.account.id,
    principalId: role.id,
    name: input.RoleSessionName,
    ...limitsOf(input),
    ...keptTags(tags),
    sourceIdentity,
    webIdentity,
  };
  return newSession(context, draft, sessionSeconds(role, input.DurationSeconds, isChained));
}
