/** What may happen to an object, by family; a family of which there are several is also named as a whole, with `*`. */
const FAMILIES = {
  ObjectCreated: ["Put", "Post", "Copy", "CompleteMultipartUpload"],
  ObjectRemoved: ["Delete", "DeleteMarkerCreated"],
  ObjectRestore: ["Post", "Completed", "Delete"],
  Replication: [
    "OperationFailedReplication",
    "OperationNotTracked",
    "OperationMissedThreshold",
    "OperationReplicatedAfterThreshold",
  ],
  LifecycleExpiration: ["Delete", "DeleteMarkerCreated"],
  ObjectTagging: ["Put", "Delete"],
  ObjectAnnotation: ["Put", "Delete"],
} as const;

const ALONE = [
  "ReducedRedundancyLostObject",
  "LifecycleTransition",
  "IntelligentTiering",
  "ObjectAcl:Put",
  "ObjectRetention:Put",
];

/** What each name in a configuration stands for, as records name it, without `s3:`. */
const EVENTS: ReadonlyMap<string, readonly string[]> = new Map([
  ...Object.entries(FAMILIES).flatMap(([family, members]): [string, string[]][] => {
    const names = members.map((member) => `${family}:${member}`);
    return [
      [`s3:${family}:*`, names],
      ...names.map((name): [string, string[]] => [`s3:${name}`, [name]]),
    ];
  }),
  ...ALONE.map((name): [string, string[]] => [`s3:${name}`, [name]]),
]);

/** As records name them. */
export const ALL_EVENTS: readonly string[] = [...new Set([...EVENTS.values()].flat())];

/**
 * The events that a configuration means by a name, without `s3:`; undefined: there is no such name.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html
 */
export function eventsNamed(name: string): readonly string[] | undefined {
  return EVENTS.get(name);
}
