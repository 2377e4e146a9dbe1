import { NO_OBJECT } from "../../src/storage/bucket-shard/rows/object-row.ts";

// What a later version of the code has: one more column, in the one place where the columns of a row are named. A file
// that imports this imports it before everything else, since statements are made of those names when they are loaded.
Object.assign(NO_OBJECT, { added: null });

/** The migration that adds the column. */
export const ADDED_COLUMN = `
  ALTER TABLE object ADD COLUMN added TEXT;
  ALTER TABLE version ADD COLUMN added TEXT;
`;
