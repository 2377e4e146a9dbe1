import { type Infer, many, object, one, optional, some, text } from "../../lib/xml-shape.ts";
import { invalidArgument, S3Error } from "../errors.ts";
import { eventsNamed } from "./event-names.ts";

const MAX_CONFIGURATIONS = 100;
const MAX_VALUE_BYTES = 1024;
const ID_LENGTH = 48;
const ID_SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

const FilterRule = object({ Name: one(text), Value: one(text) });
const Filter = object({ S3Key: optional(object({ FilterRule: many(FilterRule) })) });
const COMMON = { Event: some(text), Filter: optional(Filter) };

export const NotificationConfiguration = object({
  TopicConfiguration: many(object({ Id: optional(text), Topic: one(text), ...COMMON })),
  QueueConfiguration: many(object({ Id: optional(text), Queue: one(text), ...COMMON })),
  CloudFunctionConfiguration: many(
    object({ Id: optional(text), CloudFunction: one(text), ...COMMON }),
  ),
  EventBridgeConfiguration: optional(object({})),
});

export type NotificationConfiguration = Infer<typeof NotificationConfiguration>;

type Kind = "CloudFunction" | "Queue" | "Topic";

/** One configuration, wherever the document has it. */
export interface Notification {
  readonly kind: Kind;
  readonly id: string;
  readonly arn: string;
  /** As records name them. */
  readonly events: readonly string[];
  /** Of keys, without escapes; empty: all keys. */
  readonly prefix: string;
  readonly suffix: string;
}

type AnyConfiguration = {
  readonly Id: string | undefined;
  readonly Event: readonly string[];
  readonly Filter: Infer<typeof Filter> | undefined;
};

/**
 * The document as it is kept, with ids and with the filters' names as AWS writes them.
 *
 * @throws S3Error InvalidArgument
 * Source: recorded from AWS by `test_s3_notifications_*.py` in
 *   https://github.com/localstack/localstack/tree/main/tests/aws/services/s3; the overlaps as others have seen them:
 *   https://github.com/minio/minio/issues/2472
 */
export function completeNotifications(
  document: NotificationConfiguration,
): NotificationConfiguration {
  const completed = {
    TopicConfiguration: document.TopicConfiguration.map(complete),
    QueueConfiguration: document.QueueConfiguration.map(complete),
    CloudFunctionConfiguration: document.CloudFunctionConfiguration.map(complete),
    EventBridgeConfiguration: document.EventBridgeConfiguration,
  };
  const all = notificationsOf(completed);
  if (all.length > MAX_CONFIGURATIONS)
    throw invalid(`The number of notification configurations is limited to ${MAX_CONFIGURATIONS}.`);
  if (new Set(all.map(({ id }) => id)).size < all.length)
    throw invalid("Same ID used for multiple configurations. IDs must be unique");
  for (const { kind, arn } of all)
    if (!isArn(arn)) throw invalidArgument("The ARN could not be parsed", kind, arn);
  checkOverlaps(all);
  return completed;
}

/** All configurations of a document that {@link completeNotifications} made. */
export function notificationsOf(document: NotificationConfiguration): readonly Notification[] {
  return [
    ...document.TopicConfiguration.map((each) => notification("Topic", each.Topic, each)),
    ...document.QueueConfiguration.map((each) => notification("Queue", each.Queue, each)),
    ...document.CloudFunctionConfiguration.map((each) =>
      notification("CloudFunction", each.CloudFunction, each),
    ),
  ];
}

function notification(
  kind: Kind,
  arn: string,
  { Id: id = "", Event, Filter: filter }: AnyConfiguration,
): Notification {
  const rules = filter?.S3Key?.FilterRule ?? [];
  const valueOf = (name: string): string =>
    unescaped(rules.find((rule) => rule.Name === name)?.Value ?? "");
  const events = [...new Set(Event.flatMap((name) => eventsNamed(name) ?? []))];
  return { kind, id, arn, events, prefix: valueOf("Prefix"), suffix: valueOf("Suffix") };
}

function complete<T extends AnyConfiguration>(configuration: T): T {
  for (const name of configuration.Event)
    if (eventsNamed(name) === undefined)
      throw invalidArgument("The event is not supported for notifications", "Event", name);
  return {
    ...configuration,
    // AWS answers with one also where the client's is empty.
    Id: configuration.Id === undefined || configuration.Id === "" ? newId() : configuration.Id,
    Filter: configuration.Filter && completeFilter(configuration.Filter),
  };
}

function completeFilter({ S3Key }: Infer<typeof Filter>): Infer<typeof Filter> {
  const rules = (S3Key?.FilterRule ?? []).map(({ Name, Value }) => {
    const name = FILTER_NAMES.get(Name.toLowerCase());
    if (name === undefined)
      throw invalidArgument(
        "filter rule name must be either prefix or suffix",
        "FilterRule.Name",
        Name,
      );
    if (Buffer.byteLength(Value) > MAX_VALUE_BYTES)
      throw invalidArgument(
        `filter rule value cannot be longer than ${MAX_VALUE_BYTES} bytes`,
        "FilterRule.Value",
        Value,
      );
    return { Name: name, Value };
  });
  for (const [lower, name] of FILTER_NAMES)
    if (rules.filter((rule) => rule.Name === name).length > 1)
      throw invalidArgument(
        `Cannot specify more than one ${lower} rule in a filter.`,
        "FilterRule.Name",
        lower,
      );
  return { S3Key: S3Key && { FilterRule: rules } };
}

const FILTER_NAMES: ReadonlyMap<string, string> = new Map([
  ["prefix", "Prefix"],
  ["suffix", "Suffix"],
]);

/** No key may be told twice of one event. */
function checkOverlaps(all: readonly Notification[]): void {
  for (const [i, one_] of all.entries())
    for (const other of all.slice(0, i)) {
      const shared = one_.events.find((event) => other.events.includes(event));
      if (shared === undefined) continue;
      const isEitherPrefix =
        one_.prefix.startsWith(other.prefix) || other.prefix.startsWith(one_.prefix);
      const isEitherSuffix =
        one_.suffix.endsWith(other.suffix) || other.suffix.endsWith(one_.suffix);
      if (!isEitherPrefix || !isEitherSuffix) continue;
      const isFiltered = [one_, other].some(({ prefix, suffix }) => prefix + suffix !== "");
      if (isFiltered)
        throw invalid(
          "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are overlapping for the same event type.",
        );
      throw invalidArgument(
        "Configurations overlap. Configurations on the same bucket cannot share a common event type.",
        "Event",
        `s3:${shared}, s3:${shared}`,
      );
    }
}

/** As AWS, filters are in the form of a query: `+` is a space, and `%2B` a plus. */
function unescaped(value: string): string {
  try {
    return decodeURIComponent(value.replaceAll("+", "%20"));
  } catch {
    // What is no escape means itself.
    return value;
  }
}

/** `arn:partition:service:region:account:resource`, of which region and account may be empty. */
function isArn(text_: string): boolean {
  const parts = text_.split(":");
  const [arn, partition, service] = parts;
  const resource = parts.slice(5).join(":");
  return arn === "arn" && partition !== "" && service !== "" && resource !== "";
}

function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(ID_LENGTH));
  return Array.from(bytes, (byte) => ID_SIGNS.charAt(byte % ID_SIGNS.length)).join("");
}

function invalid(message: string): S3Error {
  return new S3Error("InvalidArgument", { message });
}
