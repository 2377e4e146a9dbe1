import { OBJECT_LOCK } from "./object-lock.ts";
import { deletableDocument, storedDocument } from "./stored-document.ts";
import { TAGGING } from "./tagging.ts";
import { VERSIONING } from "./versioning.ts";

/** What can be configured of a bucket. */
export const STORED_DOCUMENTS = {
  ...storedDocument(OBJECT_LOCK),
  ...deletableDocument(TAGGING),
  ...storedDocument(VERSIONING),
};
