import { NO_ATTRIBUTES, type ObjectAttributes } from "../../protocol/object-record.ts";

/** The `attributes` column: JSON, or NULL when nothing was ever said. */
export function writeAttributes(attributes: ObjectAttributes): string | null {
  return Object.values(attributes).some(isSaid) ? JSON.stringify(attributes) : null;
}

function isSaid(value: unknown): boolean {
  return value !== undefined && !(Array.isArray(value) && value.length === 0);
}

/** What stands in the column was written by {@link writeAttributes}. */
export function readAttributes(column: string | null): ObjectAttributes {
  return column === null
    ? NO_ATTRIBUTES
    : { ...NO_ATTRIBUTES, ...(JSON.parse(column) as Partial<ObjectAttributes>) };
}
