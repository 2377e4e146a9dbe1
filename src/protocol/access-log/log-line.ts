import { boundedText } from "../../lib/bounded-text.ts";

/** What a line of the access log tells of a request, or of what Ledge did by itself. What is absent is unknown, or there is none. */
export interface AccessLogRecord {
  /** The canonical id of the owner of the bucket. */
  readonly ownerId: string;
  readonly bucket: string;
  readonly timeMs: number;
  readonly remoteIp?: string | undefined;
  /** A canonical id, or the ARN of a user or a session. */
  readonly requester?: string | undefined;
  readonly requestId: string;
  /** `REST.GET.OBJECT` */
  readonly operation: string;
  readonly key?: string | undefined;
  /** `GET /bucket/key?x HTTP/1.1` */
  readonly requestUri?: string | undefined;
  readonly status?: number | undefined;
  readonly errorCode?: string | undefined;
  readonly bytesSent?: number | undefined;
  readonly objectSizeBytes?: number | undefined;
  readonly totalMs?: number | undefined;
  readonly turnaroundMs?: number | undefined;
  readonly referer?: string | undefined;
  readonly userAgent?: string | undefined;
  readonly versionId?: string | undefined;
  /** `x-amz-id-2` */
  readonly hostId?: string | undefined;
  readonly signatureVersion?: "SigV2" | "SigV4" | undefined;
  readonly cipherSuite?: string | undefined;
  readonly authenticationType?: "AuthHeader" | "QueryString" | undefined;
  readonly host?: string | undefined;
  readonly tlsVersion?: string | undefined;
  readonly isAclRequired?: boolean | undefined;
}

/** How much is told of a text that a client may make as long as it likes. */
const MAX_CHARACTERS = 4096;

/**
 * One line with its end: 26 fields, apart by spaces. AWS has added a 27th since, the region that the request came from, which is
 * not known here; AWS's own parsers, and others', take 26.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
 */
export function logLine(record: AccessLogRecord): string {
  const { key, isAclRequired, bytesSent } = record;
  const fields = [
    record.ownerId,
    record.bucket,
    `[${logTime(record.timeMs)}]`,
    plain(record.remoteIp),
    plain(record.requester),
    record.requestId,
    record.operation,
    key === undefined ? "-" : twiceEncoded(key),
    quoted(record.requestUri),
    number(record.status),
    plain(record.errorCode),
    // AWS tells nothing in the place of none.
    bytesSent === 0 ? "-" : number(bytesSent),
    number(record.objectSizeBytes),
    number(record.totalMs),
    number(record.turnaroundMs),
    quoted(record.referer),
    quoted(record.userAgent),
    plain(record.versionId),
    plain(record.hostId),
    plain(record.signatureVersion),
    plain(record.cipherSuite),
    plain(record.authenticationType),
    plain(record.host),
    plain(record.tlsVersion),
    // No access points.
    "-",
    isAclRequired === true ? "Yes" : "-",
  ];
  return `${fields.join(" ")}\n`;
}

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** `06/Feb/2019:00:00:38 +0000` */
function logTime(timeMs: number): string {
  const [date = "", time = ""] = new Date(timeMs).toISOString().split("T");
  const [year = "", month = "", day = ""] = date.split("-");
  return `${day}/${MONTHS[Number(month) - 1] ?? ""}/${year}:${time.slice(0, 8)} +0000`;
}

function number(value: number | undefined): string {
  return value === undefined ? "-" : String(Math.round(value));
}

/** A slash stays. What was encoded is encoded once more, so that a reader decodes twice. */
function twiceEncoded(key: string): string {
  const once = encodeURIComponent(key.toWellFormed()).replaceAll("%2F", "/");
  return once.replaceAll("%", "%25");
}

/** Of a field that stands without quotes: what would end it is escaped. */
function plain(text: string | undefined): string {
  return text === undefined || text === "" ? "-" : escaped(text, /[^\x21\x23-\x7e]/gu);
}

function quoted(text: string | undefined): string {
  return text === undefined || text === "" ? '"-"' : `"${escaped(text, /[^\x20\x21\x23-\x7e]/gu)}"`;
}

/** A client's text can neither end its field nor begin a line. */
function escaped(text: string, special: RegExp): string {
  return boundedText(text, MAX_CHARACTERS).replaceAll(special, (character) =>
    Array.from(
      Buffer.from(character),
      (byte) => `\\x${byte.toString(16).padStart(2, "0").toUpperCase()}`,
    ).join(""),
  );
}
