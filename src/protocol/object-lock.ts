import { formatPacificDate, parseIsoDate } from "../lib/http-date.ts";
import { object, one, oneOf, optional, text } from "../lib/xml-shape.ts";
import type { XmlContent } from "../lib/xml-writer.ts";
import { invalidArgument, S3Error } from "./errors.ts";
import {
  durationContent,
  type EventHold,
  EventHoldDuration,
  eventHoldHeaders,
  EventHoldStatus,
  parseEventHold,
  readEventHold,
} from "./event-hold.ts";
import { LOCK_MODES, type LockMode } from "./object-lock-configuration.ts";
import type { ObjectAttributes, Retention } from "./object-record.ts";
import { readXml } from "./read-xml.ts";

const MODE_HEADER = "x-amz-object-lock-mode";
const DATE_HEADER = "x-amz-object-lock-retain-until-date";
const HOLD_HEADER = "x-amz-object-lock-legal-hold";

const RetentionShape = object({
  Mode: optional(oneOf(...LOCK_MODES)),
  RetainUntilDate: optional(text),
  EventHold: optional(EventHoldStatus),
  EventHoldDuration: optional(EventHoldDuration),
});

/** What PutObjectRetention asks for. */
export interface AskedRetention {
  /** Undefined takes it away, unless the document is about an event hold alone. */
  readonly retention: Retention | undefined;
  /** Undefined: it stays as it is. */
  readonly eventHold: EventHold | undefined;
}

/**
 * Reads the document of PutObjectRetention. An empty one takes the retention away.
 *
 * @throws S3Error MalformedXML, InvalidArgument (a date that is not in the future, a duration out of bounds)
 */
export function readRetention(document: Uint8Array, nowMs: number): AskedRetention {
  checkPresent(document);
  const read = readXml(document, "Retention", RetentionShape);
  return {
    retention: datedRetention(read.Mode, read.RetainUntilDate, nowMs),
    eventHold: readEventHold(read.EventHold, read.EventHoldDuration),
  };
}

function datedRetention(
  mode: LockMode | undefined,
  date: string | undefined,
  nowMs: number,
): Retention | undefined {
  if (mode === undefined && date === undefined) return undefined;
  const retainUntilMs = date === undefined ? undefined : parseIsoDate(date.trim());
  if (mode === undefined || date === undefined || retainUntilMs === undefined)
    throw new S3Error("MalformedXML");
  if (retainUntilMs <= nowMs) throw dateIsPast("RetainUntilDate", formatPacificDate(retainUntilMs));
  return { mode, retainUntilMs };
}

/** What is in `<Retention>`. */
export function retentionContent({
  retention,
  eventHold,
}: Pick<ObjectAttributes, "eventHold" | "retention">): XmlContent {
  return RetentionShape.write({
    Mode: retention?.mode,
    RetainUntilDate: retention && isoDate(retention.retainUntilMs),
    EventHold: eventHold && onOrOff(eventHold.isOn),
    EventHoldDuration: eventHold?.isOn === true ? durationContent(eventHold) : undefined,
  });
}

const LegalHold = object({ Status: one(oneOf("ON", "OFF")) });

/**
 * Reads the document of PutObjectLegalHold.
 *
 * @throws S3Error MalformedXML
 */
export function readLegalHold(document: Uint8Array): boolean {
  checkPresent(document);
  return readXml(document, "LegalHold", LegalHold).Status === "ON";
}

/** Unlike others, PutObjectRetention and PutObjectLegalHold answer MalformedXML to no document at all. */
function checkPresent(document: Uint8Array): void {
  if (document.byteLength === 0) throw new S3Error("MalformedXML");
}

/** What is in `<LegalHold>`. */
export function legalHoldContent(hasLegalHold: boolean): XmlContent {
  return LegalHold.write({ Status: onOrOff(hasLegalHold) });
}

/**
 * `x-amz-object-lock-*` of a request that makes an object.
 *
 * @throws S3Error InvalidArgument: mode and date belong together, and the date is in the future; an event hold has a duration
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
 */
export function parseLockHeaders(
  headers: Headers,
  nowMs: number,
): Pick<ObjectAttributes, "eventHold" | "hasLegalHold" | "retention"> {
  const eventHold = parseEventHold(headers);
  return {
    retention: parseRetention(headers, nowMs),
    hasLegalHold: parseLegalHold(headers),
    ...(eventHold !== undefined && { eventHold }),
  };
}

function parseRetention(headers: Headers, nowMs: number): Retention | undefined {
  const given = headers.get(MODE_HEADER);
  const date = headers.get(DATE_HEADER);
  if (given === null && date === null) return undefined;
  if (given === null || date === null) {
    const message = `${DATE_HEADER} and ${MODE_HEADER} must both be supplied`;
    const missing = given === null ? MODE_HEADER : DATE_HEADER;
    throw new S3Error("InvalidArgument", { message, fields: { ArgumentName: missing } });
  }
  const mode = LOCK_MODES.find((known) => known === given);
  if (mode === undefined) throw invalidArgument("Unknown wormMode directive.", MODE_HEADER, given);
  const retainUntilMs = parseIsoDate(date);
  if (retainUntilMs === undefined) {
    const message = "The retain until date must be provided in ISO 8601 format";
    throw invalidArgument(message, DATE_HEADER, date);
  }
  if (retainUntilMs <= nowMs) throw dateIsPast(DATE_HEADER, date);
  return { mode, retainUntilMs };
}

function parseLegalHold(headers: Headers): boolean | undefined {
  const status = headers.get(HOLD_HEADER);
  if (status === null) return undefined;
  if (status === "ON" || status === "OFF") return status === "ON";
  throw invalidArgument("Legal Hold must be either of 'ON' or 'OFF'", HOLD_HEADER, status);
}

function dateIsPast(name: string, given: string): S3Error {
  return invalidArgument("The retain until date must be in the future!", name, given);
}

/** `x-amz-object-lock-*` of an answer about an object. */
export function lockHeaders({
  retention,
  hasLegalHold,
  eventHold,
}: ObjectAttributes): Readonly<Record<string, string>> {
  return {
    ...(retention !== undefined && {
      [MODE_HEADER]: retention.mode,
      [DATE_HEADER]: isoDate(retention.retainUntilMs),
    }),
    ...(hasLegalHold !== undefined && { [HOLD_HEADER]: onOrOff(hasLegalHold) }),
    ...eventHoldHeaders(eventHold),
  };
}

/**
 * `x-amz-bucket-object-lock-enabled` of CreateBucket.
 *
 * @throws S3Error InvalidArgument
 */
export function parseLockEnabled(headers: Headers): boolean {
  const name = "x-amz-bucket-object-lock-enabled";
  const value = headers.get(name) ?? "false";
  const word = value.toLowerCase();
  if (word === "true" || word === "false") return word === "true";
  throw invalidArgument("The value must be true or false", name, value);
}

function onOrOff(isOn: boolean): "ON" | "OFF" {
  return isOn ? "ON" : "OFF";
}

/** With milliseconds: a date that comes back is the date that was put. */
function isoDate(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
