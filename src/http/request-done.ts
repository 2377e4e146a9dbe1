import { log } from "../lib/log.ts";
import type { Deployment } from "./deployment.ts";
import { dataPoint } from "./data-point.ts";
import { type AnsweredRequest, announcedBytes, logRequest } from "./request-log.ts";

/**
 * Whatever is done with what is known of a request once it is answered: its line in the log, and the figures. It must not cost what
 * a request would notice.
 *
 * @param deployment undefined when a setting is wrong, which is in the log
 */
export function requestDone(answered: AnsweredRequest, deployment: Deployment | undefined): void {
  const settings = deployment?.settings;
  if (settings?.logRequests !== false) logRequest(answered, settings?.logKeys ?? "plain");
  const { requestFigures, analytics } = deployment ?? {};
  if (requestFigures === undefined && analytics === undefined) return;
  const { raw, response, operation, code, edge, durationMs } = answered;
  const figures = {
    operation,
    status: response.status,
    code,
    durationMs,
    edge,
    receivedBytes: raw.body === null ? 0 : (announcedBytes(raw.headers) ?? 0),
    sentBytes: raw.method === "HEAD" ? 0 : (announcedBytes(response.headers) ?? 0),
  };
  requestFigures?.record(figures);
  try {
    analytics?.writeDataPoint(dataPoint(answered, figures));
  } catch (error) {
    // The request is done; what is told of it is not to undo that.
    log("error", "no data point", { requestId: answered.ids.requestId, cause: String(error) });
  }
}
