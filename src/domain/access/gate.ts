import { countsAcls } from "../../protocol/acl/ownership.ts";
import { aclOfAccess } from "../../protocol/acl/stored-acl.ts";
import { type Caller, canonicalIdOf, isSigned } from "../../protocol/caller.ts";
import { S3Error } from "../../protocol/errors.ts";
import type { DeleteMarker, ObjectRecord } from "../../protocol/object-record.ts";
import { agreesToPay } from "../../protocol/request-payment.ts";
import type { BucketRecord } from "../../storage/ports/bucket-directory.ts";
import type { RequiredOwner } from "../../storage/ports/bucket-index.ts";
import type { UploadRecord } from "../../storage/ports/upload-index.ts";
import {
  accessDenied,
  type Check,
  type Checked,
  decideAll,
  mayLearnOfKey,
  type Outcome,
} from "./checks.ts";
import type { BucketFacts, ObjectFacts } from "./facts.ts";
import { type DocumentFacts, UNREAD } from "./operation-facts.ts";
import { type Asked, checkedOf, versionAction } from "./request-facts.ts";

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
   * What the decision can depend on beside the bucket. `object`: on the one that the request names, or on the upload, which
   * exists and is looked at. `keys`: each key is decided on by itself ({@link Gate.refusalOf}).
   */
  readonly on: "bucket" | "object" | "keys";
}

/** What of an object decides. */
type DecidingObject = Pick<ObjectRecord, "access" | "attributes">;

/** What an action is about. */
export interface Target {
  readonly key: string;
  readonly versionId: string | undefined;
  /** Once it was read. */
  readonly object?: ObjectRecord;
}

/**
 * Decides whether a request is let in, on what is known of the bucket, and again when more is: of the bucket, whose record may
 * be old, or of the object.
 */
export class Gate {
  readonly #asked: Asked;
  #needed: Needed;
  #bucket: BucketRecord;
  #document: DocumentFacts = UNREAD;
  #checked: Checked;
  /** What was decided by last: with the object, once it was read. */
  #last: Checked;
  #isOpen = false;

  /** @throws S3Error as {@link decide} */
  constructor(asked: Asked, bucket: BucketRecord, needed: Needed) {
    this.#asked = asked;
    this.#bucket = bucket;
    this.#needed = needed;
    this.#checked = checkedOf(asked, bucket);
    this.#last = this.#checked;
    this.#decide();
  }

  /** The caller pays for the request. */
  get isCharged(): boolean {
    const { bucket, caller } = this.#checked;
    return bucket?.isRequesterPays === true && bucket.owner.canonicalId !== canonicalIdOf(caller);
  }

  /** The request is let in. If not, it depends on the object: {@link decideOn}. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Nothing but an ACL lets the request in. */
  get isAclRequired(): boolean {
    const { bucket } = this.#last;
    if (bucket === undefined || !countsAcls(bucket.ownership)) return false;
    const withoutAcls = { ...bucket, ownership: "BucketOwnerEnforced" } as const;
    const checked = { ...this.#last, bucket: withoutAcls };
    const { checks } = this.#needed;
    return (
      isAllowed(decideAll(checks, this.#last), this.#last) &&
      !isAllowed(decideAll(checks, checked), checked)
    );
  }

  /**
   * Decides by this record of the bucket.
   *
   * @throws S3Error AccessDenied, MethodNotAllowed (what is for the bucket's own account only)
   */
  decide(bucket: BucketRecord): void {
    this.#bucket = bucket;
    this.#checked = checkedOf(this.#asked, bucket, this.#document);
    this.#decide();
  }

  /**
   * Decides by what stands in the request's document.
   *
   * @throws S3Error AccessDenied
   */
  decideOnDocument(document: DocumentFacts): void {
    this.#document = document;
    this.decide(this.#bucket);
  }

  /**
   * Decides by the object that the request is about.
   *
   * @throws S3Error AccessDenied
   */
  decideOn(object: DecidingObject): void {
    if (!this.#isOpen) this.#decideAs(this.#knowing(object));
  }

  /**
   * Decides by the upload that the request is about.
   *
   * @throws S3Error AccessDenied
   */
  decideOnUpload({ initiator, access, attributes }: UploadRecord): void {
    if (this.#isOpen) return;
    const { owner } = this.#knownBucket();
    const { canonicalId: initiatorId } = initiator ?? owner;
    this.#decideAs(
      this.#about({ acl: aclOfAccess(access, owner), tags: attributes.tags, initiatorId }),
    );
  }

  /** Why something is refused that the request may do without, or does to many keys; undefined: it is not. */
  refusalOf(check: Check, { key, versionId, object }: Target): S3Error | undefined {
    const known = object === undefined ? this.#checked : this.#knowing(object);
    const facts = { ...known.facts, operation: { versionId } };
    const checked = { ...known, key, facts };
    const outcome = decideAll([check], checked);
    return isAllowed(outcome, checked) ? undefined : denied(outcome, checked);
  }

  /** Whether something may be removed: why not, or whose it has to be; undefined: whosever. */
  removalOf({ key, versionId }: Target): S3Error | RequiredOwner | undefined {
    const facts = { ...this.#checked.facts, operation: { versionId } };
    const checked = { ...this.#checked, key, facts };
    const check = { action: versionAction("DeleteObject", versionId), on: "object" } as const;
    const outcome = decideAll([check], checked);
    if (outcome.kind !== "allow") return denied(outcome, checked);
    const { onlyIfOwner: canonicalId } = outcome;
    if (canonicalId === undefined) return undefined;
    return { canonicalId, isBucketOwner: canonicalId === checked.bucket?.owner.canonicalId };
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

  /** Without any policy, all keys are alike. */
  #dependsOnKeys(): boolean {
    const { bucket, permissions } = this.#checked;
    return bucket?.policy !== undefined || permissions !== undefined;
  }

  #knowing({ attributes, access }: DecidingObject): Checked {
    return this.#about({
      acl: aclOfAccess(access, this.#knownBucket().owner),
      tags: attributes.tags,
    });
  }

  #about(object: ObjectFacts): Checked {
    return { ...this.#checked, facts: { ...this.#checked.facts, object } };
  }

  #knownBucket(): BucketFacts {
    const { bucket } = this.#checked;
    // There was one when the object was read.
    if (bucket === undefined) throw new S3Error("AccessDenied");
    return bucket;
  }

  #decideAs(checked: Checked): void {
    this.#last = checked;
    const outcome = decideAll(this.#needed.checks, checked);
    if (!isAllowed(outcome, checked)) throw denied(outcome, checked);
  }

  #decide(): void {
    this.#last = this.#checked;
    const { checks, on } = this.#needed;
    if (on !== "keys" || !this.#dependsOnKeys()) {
      const outcome = decideAll(checks, this.#checked);
      this.#isOpen = outcome.kind === "allow" && outcome.onlyIfOwner === undefined;
      const mayBeOpened = this.#isOpen || (on !== "bucket" && outcome.kind !== "deny");
      if (!mayBeOpened) throw denied(outcome, this.#checked);
    }
    const { caller, facts } = this.#checked;
    if (this.isCharged && !(isSigned(caller) && agreesToPay(facts.headers)))
      throw new S3Error("AccessDenied");
  }
}

function isAllowed(outcome: Outcome, { facts }: Checked): boolean {
  if (outcome.kind !== "allow") return false;
  if (outcome.onlyIfOwner === undefined) return true;
  return (
    typeof facts.object === "object" && facts.object.acl.owner.canonicalId === outcome.onlyIfOwner
  );
}

function denied(outcome: Outcome, checked: Checked): S3Error {
  if (outcome.kind !== "deny" || outcome.check === undefined) return new S3Error("AccessDenied");
  return accessDenied(outcome, outcome.check, checked);
}

/**
 * Of a request that is about no bucket, or about one that there is not.
 *
 * @param document what stands in the request's, once it was read; `later`: it will be, and it is decided again then
 * @throws S3Error AccessDenied
 */
export function requireAllowed(
  asked: Asked,
  checks: readonly Check[],
  document: DocumentFacts | "later" = UNREAD,
): void {
  const isLast = document !== "later";
  const checked = checkedOf(asked, undefined, isLast ? document : UNREAD);
  const outcome = decideAll(checks, checked);
  const isLetIn = outcome.kind === "allow" || (!isLast && outcome.kind === "needs object");
  if (!isLetIn) throw denied(outcome, checked);
}
