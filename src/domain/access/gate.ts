import { privateAcl } from "../../protocol/acl/acl.ts";
import { type Caller } from "../../protocol/caller.ts";
import { S3Error } from "../../protocol/errors.ts";
import type { DeleteMarker, ObjectRecord } from "../../protocol/object-record.ts";
import type { BucketRecord } from "../../storage/ports/bucket-directory.ts";
import {
  accessDenied,
  type Check,
  type Checked,
  decideAll,
  mayLearnOfKey,
  type Outcome,
} from "./checks.ts";
import { type Asked, checkedOf } from "./request-facts.ts";

/**
 * Root of the account that a bucket belongs to, while no policy limits it: it may do everything. Nearly all requests are its.
 */
export function isPlainOwner(caller: Caller, { ownerId, gateway }: BucketRecord): boolean {
  return (
    caller.kind === "root" &&
    caller.account.canonicalId === ownerId &&
    gateway.documents["policy"] === undefined
  );
}

export interface Needed {
  readonly checks: readonly Check[];
  /**
   * What the decision can depend on beside the bucket. `object`: on the one that the request names, which exists and is looked
   * at. `keys`: each key is decided on by itself ({@link Gate.refusalOf}).
   */
  readonly on: "bucket" | "object" | "keys";
}

/**
 * Decides whether a request is let in, on what is known of the bucket, and again when more is: of the bucket, whose record may
 * be old, or of the object.
 */
export class Gate {
  readonly #asked: Asked;
  #needed: Needed;
  #checked: Checked;
  #isOpen = false;

  /** @throws S3Error as {@link decide} */
  constructor(asked: Asked, bucket: BucketRecord, needed: Needed) {
    this.#asked = asked;
    this.#needed = needed;
    this.#checked = checkedOf(asked, bucket);
    this.#decide();
  }

  /** The request is let in. If not, it depends on the object: {@link decideOn}. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /**
   * Decides by this record of the bucket.
   *
   * @throws S3Error AccessDenied, MethodNotAllowed (what is for the bucket's own account only)
   */
  decide(bucket: BucketRecord): void {
    this.#checked = checkedOf(this.#asked, bucket);
    this.#decide();
  }

  /**
   * Decides by the object that the request is about.
   *
   * @throws S3Error AccessDenied
   */
  decideOn({ attributes }: ObjectRecord): void {
    if (this.#isOpen) return;
    const { bucket, facts } = this.#checked;
    // Every object is its bucket's owner's alone.
    const acl = bucket && privateAcl(bucket.owner);
    if (acl === undefined) throw new S3Error("AccessDenied");
    const object = { acl, tags: attributes.tags };
    const checked = { ...this.#checked, facts: { ...facts, object } };
    const outcome = decideAll(this.#needed.checks, checked);
    const isAllowed =
      outcome.kind === "allow" &&
      (outcome.onlyIfOwner === undefined || outcome.onlyIfOwner === acl.owner.canonicalId);
    if (!isAllowed) throw denied(outcome, checked);
  }

  /**
   * Needs this, too.
   *
   * @throws S3Error AccessDenied
   */
  require(check: Check): void {
    const { checks, on } = this.#needed;
    this.#needed = { checks: [...checks, check], on };
    this.#decide();
  }

  /**
   * Decides by what was found, if that is an object; if not, whether the caller may know so.
   *
   * @throws S3Error AccessDenied
   */
  screen(found: ObjectRecord | DeleteMarker | undefined, isVersion: boolean): void {
    if (found?.kind === "object") this.decideOn(found);
    else this.revealMissing(isVersion);
  }

  /**
   * Lets the caller know that there is no such key, or version of it.
   *
   * @throws S3Error AccessDenied when it may not know
   */
  revealMissing(isVersion: boolean): void {
    if (!mayLearnOfKey(this.#checked, isVersion)) throw new S3Error("AccessDenied");
  }

  /** Of a request on many keys: why this one is refused; undefined: it is not. */
  refusalOf(check: Check, key: string, versionId: string | undefined): S3Error | undefined {
    const operation = versionId === undefined ? {} : { versionId };
    const facts = { ...this.#checked.facts, object: "unread", operation } as const;
    const checked = { ...this.#checked, key, facts };
    const outcome = decideAll([check], checked);
    const isAllowed = outcome.kind === "allow" && outcome.onlyIfOwner === undefined;
    return isAllowed ? undefined : denied(outcome, checked);
  }

  #decide(): void {
    const { checks, on } = this.#needed;
    if (on === "keys") return;
    const outcome = decideAll(checks, this.#checked);
    this.#isOpen = outcome.kind === "allow" && outcome.onlyIfOwner === undefined;
    const isOpenYet = this.#isOpen || (on === "object" && outcome.kind !== "deny");
    if (!isOpenYet) throw denied(outcome, this.#checked);
  }
}

function denied(outcome: Outcome, checked: Checked): S3Error {
  if (outcome.kind !== "deny" || outcome.check === undefined) return new S3Error("AccessDenied");
  return accessDenied(outcome, outcome.check, checked);
}

/**
 * Of a request that is about no bucket, or about one that there is not.
 *
 * @throws S3Error AccessDenied
 */
export function requireAllowed(asked: Asked, checks: readonly Check[]): void {
  const checked = checkedOf(asked, undefined);
  const outcome = decideAll(checks, checked);
  if (outcome.kind !== "allow") throw denied(outcome, checked);
}
