import { parseCount, parsePageSize } from "./counts.ts";
import { invalidArgument, S3Error } from "./errors.ts";

const OBJECT_ATTRIBUTES = [
  "ETag",
  "Checksum",
  "ObjectParts",
  "StorageClass",
  "ObjectSize",
] as const;

type ObjectAttribute = (typeof OBJECT_ATTRIBUTES)[number];

export interface ObjectAttributesParameters {
  readonly attributes: ReadonlySet<ObjectAttribute>;
  /** 0…1000. */
  readonly maxParts: number;
  /** Part numbers after this one; 0: from the start. */
  readonly partNumberMarker: number;
}

/**
 * The headers of `GET /{bucket}/{key}?attributes`. Clients repeat `x-amz-object-attributes` or list names in it.
 *
 * @throws S3Error InvalidRequest when no attribute is named; InvalidArgument
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html
 */
export function parseObjectAttributes(headers: Headers): ObjectAttributesParameters {
  const names = headers.get("x-amz-object-attributes") ?? "";
  if (names.trim() === "")
    throw new S3Error("InvalidRequest", {
      message:
        "The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty",
    });
  return {
    attributes: new Set(names.split(",").map((name) => parseAttribute(name.trim()))),
    maxParts: parsePageSize("x-amz-max-parts", headers.get("x-amz-max-parts")),
    partNumberMarker:
      parseCount("x-amz-part-number-marker", headers.get("x-amz-part-number-marker")) ?? 0,
  };
}

function parseAttribute(name: string): ObjectAttribute {
  const attribute = OBJECT_ATTRIBUTES.find((attribute) => attribute === name);
  if (attribute === undefined)
    throw invalidArgument("Invalid attribute name specified.", "x-amz-object-attributes", name);
  return attribute;
}
