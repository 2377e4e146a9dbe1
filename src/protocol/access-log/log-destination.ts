import { GRANTEE_NAMES, type LoggingEnabled } from "./logging-configuration.ts";

/** What a bucket's log lines need to get to their place: whose they are, and where they go. As it is stored with them, in short. */
export interface LogDestination {
  readonly bucket: string;
  readonly prefix: string;
  /** By which date the prefix is partitioned; absent: it is not. */
  readonly partition?: "DeliveryTime" | "EventTime";
  /** The headers that give each log object its grants; absent: none are asked for. */
  readonly grants?: Readonly<Record<string, string>>;
  readonly source: LogSource;
}

export interface LogSource {
  readonly bucket: string;
  readonly region: string;
  readonly accountId: string;
  readonly ownerId: string;
}

const HEADERS = {
  FULL_CONTROL: "x-amz-grant-full-control",
  READ: "x-amz-grant-read",
  READ_ACP: "x-amz-grant-read-acp",
  WRITE: "x-amz-grant-write",
  WRITE_ACP: "x-amz-grant-write-acp",
} as const;

/** Where the log lines of a bucket go that is configured so. */
export function destinationOf(
  { TargetBucket, TargetPrefix, TargetObjectKeyFormat: format, TargetGrants }: LoggingEnabled,
  source: LogSource,
): LogDestination {
  const { PartitionedPrefix: partitioned } = format ?? {};
  return {
    bucket: TargetBucket,
    prefix: TargetPrefix,
    ...(partitioned !== undefined && {
      partition: partitioned.PartitionDateSource ?? "DeliveryTime",
    }),
    ...(TargetGrants !== undefined &&
      TargetGrants.Grant.length > 0 && { grants: grantHeaders(TargetGrants.Grant, source) }),
    source,
  };
}

type Grants = NonNullable<LoggingEnabled["TargetGrants"]>["Grant"];

/** As on AWS, the bucket's owner has full control beside whoever is granted something. */
function grantHeaders(grants: Grants, { ownerId }: LogSource): Readonly<Record<string, string>> {
  const named = grants.map(({ Grantee: { type, name }, Permission }) => ({
    header: HEADERS[Permission],
    grantee: `${GRANTEE_NAMES[type].header}="${name}"`,
  }));
  named.push({ header: HEADERS.FULL_CONTROL, grantee: `id="${ownerId}"` });
  const byHeader = Map.groupBy(named, ({ header }) => header);
  return Object.fromEntries(
    Array.from(byHeader, ([header, of]) => [
      header,
      [...new Set(of.map(({ grantee }) => grantee))].join(", "),
    ]),
  );
}
