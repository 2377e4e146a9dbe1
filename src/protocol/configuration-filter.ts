import { many, object, one, optional, text } from "../lib/xml-shape.ts";
import { invalidArgument, S3Error } from "./errors.ts";

const TagShape = object({ Key: one(text), Value: one(text) });
const CONDITIONS = { Prefix: optional(text), Tag: optional(TagShape) };
const CONDITIONS_TOGETHER = { Prefix: optional(text), Tag: many(TagShape) };
const ACCESS_POINT = { AccessPointArn: optional(text) };

/** Which objects a configuration is about; an empty one: all. */
export const ConfigurationFilter = object({
  ...CONDITIONS,
  And: optional(object(CONDITIONS_TOGETHER)),
});

/** The same, by the access point that is asked, too. */
export const MetricsFilter = object({
  ...CONDITIONS,
  ...ACCESS_POINT,
  And: optional(object({ ...CONDITIONS_TOGETHER, ...ACCESS_POINT })),
});

/** Either of them, as it was read. */
interface Filter {
  readonly And?: Together | undefined;
}

interface Together {
  readonly Tag: readonly { readonly Key: string }[];
}

const ID = /^[A-Za-z0-9._-]{1,64}$/;

/** @throws S3Error InvalidArgument */
export function checkConfigurationId(id: string): void {
  if (!ID.test(id)) throw invalidArgument("The configuration id is not valid", "id", id);
}

/**
 * A filter has one condition; several stand in its `And`, which has two at least.
 *
 * @throws S3Error MalformedXML, InvalidRequest (two tags of one key)
 */
export function checkFilter(filter: Filter = {}): void {
  if (present(filter).length > 1) throw new S3Error("MalformedXML");
  const { And } = filter;
  if (And === undefined) return;
  const { Tag: tags, ...others } = And;
  if (present(others).length + tags.length < 2) throw new S3Error("MalformedXML");
  if (new Set(tags.map(({ Key }) => Key)).size < tags.length)
    throw new S3Error("InvalidRequest", { message: "Duplicate Tag Keys are not allowed." });
}

function present(members: object): readonly unknown[] {
  return Object.values(members).filter((value) => value !== undefined);
}
