import type { Ports } from "../domain/ports.ts";
import { log } from "../lib/log.ts";
import type { Waiter } from "../lib/waiter.ts";
import { accessLogLines, type Answered } from "./access-log.ts";
import type { Deployment } from "./deployment.ts";
import { dataPoint } from "./data-point.ts";
import { whenSent } from "./sent-body.ts";
import { type AnsweredRequest, logRequest, receivedBytesOf } from "./request-log.ts";

/**
 * Has the log, the figures, and the bucket's access log told of a request, when what they are told is known.
 *
 * @returns what is to be sent
 */
export function tellOfRequest(
  answered: AnsweredRequest & Pick<Answered, "isWebsite">,
  deployment: Deployment | undefined,
  ports: Ports | undefined,
  waiter: Waiter,
): Response {
  const { request, response, raw } = answered;
  const lines =
    request === undefined || ports === undefined
      ? undefined
      : accessLogLines({ ...answered, request }, ports, waiter);
  return whenSent(response, raw.method, waiter, lines !== undefined, (bytesSent, sendingMs) => {
    requestDone(answered, bytesSent, deployment);
    lines?.(bytesSent, sendingMs);
  });
}

/**
 * Whatever is done with what is known of a request once it is answered: its line in the log, and the figures. It must not cost what
 * a request would notice.
 *
 * @param deployment undefined when a setting is wrong, which is in the log
 */
function requestDone(
  answered: AnsweredRequest,
  sentBytes: number,
  deployment: Deployment | undefined,
): void {
  const settings = deployment?.settings;
  if (settings?.logRequests !== false)
    logRequest(answered, sentBytes, settings?.logKeys ?? "plain");
  const { requestFigures, analytics } = deployment ?? {};
  if (requestFigures === undefined && analytics === undefined) return;
  const { response, operation, code, edge, durationMs } = answered;
  const figures = {
    operation,
    status: response.status,
    code,
    durationMs,
    edge,
    receivedBytes: receivedBytesOf(answered) ?? 0,
    sentBytes,
  };
  requestFigures?.record(figures);
  try {
    analytics?.writeDataPoint(dataPoint(answered, figures));
  } catch (error) {
    // The request is done; what is told of it is not to undo that.
    log("error", "no data point", { requestId: answered.ids.requestId, cause: String(error) });
  }
}
