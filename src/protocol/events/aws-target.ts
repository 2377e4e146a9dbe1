import { textMembers } from "./target-members.ts";

/** A queue, a topic, a function, or an event bus of AWS's, or of something that speaks as AWS does. */
export interface AwsTarget {
  readonly kind: "sqs" | "sns" | "lambda" | "events";
  readonly arn: string;
  readonly region: string;
  /** Where requests go, without a slash at the end. */
  readonly endpoint: string;
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
  /** What events on a bus say that they come from. */
  readonly source: string;
}

/** What an `EventBridgeConfiguration`, which names no target, means. */
export const EVENT_BRIDGE = "eventbridge";

const ARN =
  /^arn:aws(-[a-z-]{1,16})?:(?:(sqs|sns):([a-z0-9-]{1,64}):(\d{12}):[\w-]{1,256}(?:\.fifo)?|(lambda):([a-z0-9-]{1,64}):(\d{12}):function:[\w-]{1,140}(?::[\w$-]{1,128})?|(events):([a-z0-9-]{1,64}):(\d{12}):event-bus\/[\w./-]{1,256})$/;

const REQUIRED = ["accessKeyId", "secretAccessKey"] as const;
const OPTIONAL = ["sessionToken", "endpoint"] as const;

/** Undefined: it is none of AWS's. @returns a text: what is wrong with it */
export function readAwsTarget(
  name: string,
  target: Readonly<Record<string, unknown>>,
  faultOf: (url: string) => string | undefined,
): AwsTarget | string | undefined {
  const isBus = name === EVENT_BRIDGE;
  const { bus } = target;
  if (isBus && typeof bus !== "string") return 'has no "bus", the ARN of an event bus';
  const arn = isBus ? String(bus) : name;
  const parts = ARN.exec(arn);
  if (parts === null) return isBus ? "has a bus that is not arn:aws:events:…" : undefined;
  const [, partition = "", queueOrTopic, , , lambda] = parts;
  const kind = (queueOrTopic ?? lambda ?? "events") as AwsTarget["kind"];
  if ((kind === "events") !== isBus)
    return isBus ? "has a bus that is not arn:aws:events:…" : `is called "${EVENT_BRIDGE}"`;
  const region = arn.split(":")[3] ?? "";
  const members = textMembers(target, REQUIRED, isBus ? [...OPTIONAL, "bus", "source"] : OPTIONAL);
  if (typeof members === "string") return members;
  const { accessKeyId, secretAccessKey, sessionToken, endpoint: given, source } = members;
  const domain = partition === "-cn" ? "amazonaws.com.cn" : "amazonaws.com";
  const endpoint = given ?? `https://${kind}.${region}.${domain}`;
  return (
    faultOf(endpoint) ?? {
      kind,
      arn,
      region,
      endpoint: endpoint.replace(/\/$/, ""),
      credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) },
      // AWS lets nobody else say that it is AWS; what stands in for it does.
      source: source ?? (given === undefined ? "ledge.s3" : "aws.s3"),
    }
  );
}
