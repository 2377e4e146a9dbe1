import { sealAnew } from "../../domain/seal-anew.ts";
import { jsonResponse } from "../../protocol/respond.ts";
import type { AccountOperation } from "../operation.ts";
import { ofRootWithMasterKey } from "./of-root.ts";

/**
 * `POST /_ledge/master-key`: the end of a replacement of MASTER_KEY.
 *
 * → `{"sealedAnew", "unreadable", "unreadableKeys"}`
 */
export const SEAL_ANEW: AccountOperation = ofRootWithMasterKey("SealAnew", async (context) =>
  jsonResponse(await sealAnew(context)),
);
