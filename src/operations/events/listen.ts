import { EventListener } from "../../domain/event-listener.ts";
import { invalidArgument, S3Error } from "../../protocol/errors.ts";
import { ALL_EVENTS, eventsNamed } from "../../protocol/events/event-names.ts";
import { allShards } from "../../storage/clients/shard-map.ts";
import type { EventFilter, HeardEvents } from "../../storage/ports/event-listening.ts";
import type { Access, BucketContext, BucketOperation } from "../operation.ts";
import { type EventFormat, eventStream } from "./event-stream.ts";

const MAX_VALUE_BYTES = 1024;
const DEFAULT_PING_SECONDS = 10;
/** Connections that nothing is sent on are closed by whatever is in between. */
const MAX_PING_SECONDS = 50;

/** Of MinIO's, which its client asks for, and which never happen here. */
const OF_MINIO =
  /^s3:(?:ObjectAccessed|ObjectTransition|BucketCreated|BucketRemoved|Scanner|ILM):[\w*]{1,64}$/;

/** Who may see what happens may see what there is, and whom it is told. */
const ACCESS: Access = () => [
  { action: "s3:GetBucketNotification", on: "bucket" },
  { action: "s3:ListBucket", on: "bucket" },
];

const LINES: EventFormat = {
  contentType: "application/json",
  ping: " ",
  textOf: ({ records }) => records.map((record) => `{"Records":[${record}]}\n`).join(""),
};

/** Source: https://html.spec.whatwg.org/multipage/server-sent-events.html */
const SERVER_SENT: EventFormat = {
  contentType: "text/event-stream",
  ping: ":\n\n",
  textOf({ records, isBehind }: HeardEvents) {
    const gap = isBehind ? "event: gap\ndata: {}\n\n" : "";
    return gap + records.map((record) => `data: ${record}\n\n`).join("");
  },
};

/**
 * `GET /{bucket}?events=s3:ObjectCreated:*&prefix=&suffix=&ping=10`: MinIO's. Events as they happen, each a line of
 * `{"Records": […]}`, and spaces in between, until the client goes. Nothing is stored: what happens while nobody listens is not told.
 *
 * Errors: InvalidArgument, NotImplemented (LISTEN is off), SlowDown (too many listen).
 * Source: https://github.com/minio/minio/blob/master/docs/bucket/notifications/README.md
 */
export const listenBucketNotification: BucketOperation = {
  name: "ListenBucketNotification",
  scope: "bucket",
  access: ACCESS,
  readsIndex: true,
  handle: (context) => listen(context, LINES),
};

/** `GET /_ledge/events?bucket=NAME`: the same as Server-Sent Events, of all events unless `events` says which. */
export const listenAsServerSentEvents: BucketOperation = {
  ...listenBucketNotification,
  name: "ListenEvents",
  bucketOf: ({ query }) => query.get("bucket") ?? "",
  handle: (context) => listen(context, SERVER_SENT),
};

async function listen(context: BucketContext, format: EventFormat): Promise<Response> {
  const { settings, request, bucket, index, listenedBuckets } = context;
  if (!settings.canListen)
    throw new S3Error("NotImplemented", { message: "ListenBucketNotification is not implemented" });
  const filter = filterOf(request.query);
  const pingMs = 1000 * pingSeconds(request.query.get("ping"));
  const leave = listenedBuckets.enter(bucket.id);
  if (leave === undefined) throw new S3Error("SlowDown");
  try {
    const listener = await EventListener.begin(index, allShards(bucket), filter);
    const body = eventStream(listener, format, pingMs, listenedBuckets.stopping, leave);
    const headers = { "Content-Type": format.contentType, "Cache-Control": "no-store" };
    return new Response(body, { headers });
  } catch (error) {
    leave();
    throw error;
  }
}

/** @throws S3Error InvalidArgument */
function filterOf(query: URLSearchParams): EventFilter {
  const names = query.getAll("events").filter((name) => name !== "");
  const events = names.flatMap((name) => {
    const named = eventsNamed(name) ?? (OF_MINIO.test(name) ? [] : undefined);
    if (named === undefined)
      throw invalidArgument("The event is not supported for notifications", "Event", name);
    return named;
  });
  return {
    events: names.length === 0 ? ALL_EVENTS : [...new Set(events)],
    prefix: onlyValue(query, "prefix"),
    suffix: onlyValue(query, "suffix"),
  };
}

function onlyValue(query: URLSearchParams, name: "prefix" | "suffix"): string {
  const [value = "", ...others] = query.getAll(name);
  if (others.length > 0)
    throw invalidArgument(`Cannot specify more than one ${name} rule in a filter.`, name);
  if (Buffer.byteLength(value) > MAX_VALUE_BYTES)
    throw invalidArgument(`filter rule value cannot be longer than ${MAX_VALUE_BYTES} bytes`, name);
  return value;
}

function pingSeconds(given: string | null): number {
  if (given === null || given === "") return DEFAULT_PING_SECONDS;
  const seconds = Number(given);
  if (!/^\d{1,9}$/.test(given) || seconds < 1)
    throw invalidArgument("The ping has to be a number of seconds, 1 at least", "ping", given);
  return Math.min(seconds, MAX_PING_SECONDS);
}
