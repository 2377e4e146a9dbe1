import { ABAC } from "./abac.ts";
import { ACCELERATE } from "./accelerate.ts";
import { ANALYTICS } from "./analytics.ts";
import { CORS } from "./cors.ts";
import { ENCRYPTION_DOCUMENT } from "./encryption.ts";
import { INVENTORY } from "./inventory.ts";
import { INTELLIGENT_TIERING } from "./intelligent-tiering.ts";
import { LIFECYCLE } from "./lifecycle.ts";
import { LOGGING } from "./logging.ts";
import { METRICS } from "./metrics.ts";
import { NOTIFICATION } from "./notification.ts";
import { OBJECT_LOCK } from "./object-lock.ts";
import { OWNERSHIP_CONTROLS } from "./ownership-controls.ts";
import { PUBLIC_ACCESS_BLOCK } from "./public-access-block.ts";
import { REPLICATION } from "./replication.ts";
import { REQUEST_PAYMENT } from "./request-payment.ts";
import { deletableDocument, storedDocument } from "./stored-document.ts";
import { TAGGING } from "./tagging.ts";
import { VERSIONING } from "./versioning.ts";
import { WEBSITE } from "./website.ts";

/** What can be configured of a bucket. */
export const STORED_DOCUMENTS = {
  ...ANALYTICS,
  ...INTELLIGENT_TIERING,
  ...INVENTORY,
  ...METRICS,
  ...storedDocument(ABAC),
  ...storedDocument(ACCELERATE),
  ...deletableDocument(CORS),
  ...deletableDocument(ENCRYPTION_DOCUMENT),
  ...storedDocument(NOTIFICATION),
  ...deletableDocument(LIFECYCLE),
  ...storedDocument(LOGGING),
  ...storedDocument(OBJECT_LOCK),
  ...deletableDocument(OWNERSHIP_CONTROLS),
  ...deletableDocument(PUBLIC_ACCESS_BLOCK),
  ...deletableDocument(REPLICATION),
  ...storedDocument(REQUEST_PAYMENT),
  ...deletableDocument(TAGGING),
  ...storedDocument(VERSIONING),
  ...deletableDocument(WEBSITE),
};
