import { expect, test } from "vitest";
import { logName } from "../../../src/operations/log-names.ts";
import { ROUTES } from "../../../src/operations/registry.ts";

/** As AWS's documentation and its users' logs have them. */
test.for([
  ["GET bucket", "REST.GET.BUCKET"],
  ["GET bucket?list-type=2", "REST.GET.BUCKET"],
  ["GET bucket?versions", "REST.GET.BUCKETVERSIONS"],
  ["HEAD bucket", "REST.HEAD.BUCKET"],
  ["GET bucket?acl", "REST.GET.ACL"],
  ["GET bucket?analytics&id", "REST.GET.ANALYTICS"],
  ["GET bucket?inventory&id", "REST.GET.INVENTORY"],
  ["GET bucket?intelligent-tiering", "REST.GET.INTELLIGENT_TIERING"],
  ["GET bucket?logging", "REST.GET.LOGGING_STATUS"],
  ["PUT bucket?logging", "REST.PUT.LOGGING_STATUS"],
  ["GET bucket?object-lock", "REST.GET.OBJECT_LOCK_CONFIGURATION"],
  ["GET bucket?policy", "REST.GET.BUCKETPOLICY"],
  ["GET bucket?policyStatus", "REST.GET.POLICY_STATUS"],
  ["PUT bucket?publicAccessBlock", "REST.PUT.PUBLIC_ACCESS_BLOCK"],
  ["GET bucket?requestPayment", "REST.GET.REQUEST_PAYMENT"],
  ["GET bucket?tagging", "REST.GET.TAGGING"],
  ["GET bucket?uploads", "REST.GET.UPLOADS"],
  ["POST bucket?delete", "REST.POST.MULTI_OBJECT_DELETE"],
  ["GET object", "REST.GET.OBJECT"],
  ["HEAD object", "REST.HEAD.OBJECT"],
  ["PUT object", "REST.PUT.OBJECT"],
  ["DELETE object", "REST.DELETE.OBJECT"],
  ["PUT object copy", "REST.COPY.OBJECT"],
  ["PUT object?acl", "REST.PUT.ACL"],
  ["PUT object?tagging", "REST.PUT.OBJECT_TAGGING"],
  ["PUT object?uploadId", "REST.PUT.PART"],
  ["PUT object?uploadId copy", "REST.COPY.PART"],
  ["POST object?uploads", "REST.POST.UPLOADS"],
  ["POST object?uploadId", "REST.POST.UPLOAD"],
  ["DELETE object?uploadId", "REST.DELETE.UPLOAD"],
  ["POST object?restore", "REST.POST.RESTORE"],
] as const)("%s is %s", ([key, name]) => {
  expect(logName(key)).toBe(name);
});

test("every operation has a name in the log", () => {
  for (const key of Object.keys(ROUTES))
    expect(logName(key), key).toMatch(/^REST\.(GET|HEAD|PUT|POST|DELETE|COPY)\.[A-Z_]+$/);
});
