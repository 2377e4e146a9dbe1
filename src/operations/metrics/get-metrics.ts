import { metricsDocument } from "../../domain/metrics/metrics-document.ts";
import { ofRoot } from "../accounts/of-root.ts";

/** `GET /_ledge/metrics?prefix=…`, signed by the deployment's root, as the console does it. `docs/metrics.md` describes it. */
export const getMetrics = ofRoot("GetMetrics", (context) =>
  metricsDocument(context, context.request.query.get("prefix") ?? ""),
);
