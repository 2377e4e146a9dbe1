import { expect, test } from "vitest";
import operationsMd from "../docs/operations.md?raw";
import readmeMd from "../README.md?raw";
import {
  modelRoute,
  operationsPage,
  readmeSection,
  REASONS,
  replaceSection,
  SUCCESSORS,
} from "../scripts/operations-document.ts";
import { S3_ACTIONS } from "../src/protocol/policy/s3-actions.ts";
import type { S3Request } from "../src/protocol/s3-request.ts";
import { s3Request } from "./unit/domain/auth/requests.ts";
import { NOT_IMPLEMENTED } from "../src/operations/not-implemented.ts";
import { ROUTES } from "../src/operations/registry.ts";
import model from "./model/s3-operations.json" with { type: "json" };

const REFUSED: Readonly<Record<string, string>> = NOT_IMPLEMENTED;

test.for(model.operations)("$name has a route under its name", (operation) => {
  const key = modelRoute(operation);
  const name = ROUTES[key]?.name ?? REFUSED[key];
  expect({ key, name }).toEqual({ key, name: SUCCESSORS[operation.name] ?? operation.name });
});

test("every route belongs to an operation of the model, but for the browser's form upload and what MinIO has", () => {
  const routes = [...Object.keys(ROUTES), ...Object.keys(NOT_IMPLEMENTED)];
  const modelled = new Set(model.operations.map(modelRoute));
  expect(routes.filter((key) => !modelled.has(key))).toEqual([
    "GET bucket?events",
    "POST bucket form",
  ]);
});

test("docs/operations.md says why of each operation that is not built, and of no other", () => {
  const names = new Set<string>(Object.values(NOT_IMPLEMENTED));
  expect(Object.keys(REASONS).toSorted()).toEqual([...names].toSorted());
});

/** A request that has everything that asks for an action of its own. */
function fullRequest(versionId: string | undefined): S3Request {
  const headers = new Headers({
    "x-amz-acl": "public-read",
    "x-amz-tagging": "a=1",
    "x-amz-object-lock-mode": "GOVERNANCE",
    "x-amz-object-lock-legal-hold": "ON",
    "x-amz-bucket-object-lock-enabled": "true",
    "x-amz-object-ownership": "BucketOwnerEnforced",
  });
  const query = new URLSearchParams(versionId === undefined ? {} : { versionId });
  return { ...s3Request(), headers, query };
}

test.for(Object.entries(ROUTES))(
  "%s needs actions that S3 has, on a bucket or an object as it is about one",
  ([, { access, scope, name }]) => {
    for (const versionId of [undefined, "null"]) {
      const checks = access(fullRequest(versionId));
      expect(checks.length).toBeGreaterThan(0);
      for (const { action } of checks)
        expect(S3_ACTIONS.has(action.slice("s3:".length).toLowerCase()), action).toBe(true);
      const on = name === "ListBuckets" ? "any" : scope === "object" ? "object" : "bucket";
      expect(checks[0]?.on).toBe(name === "DeleteObjects" ? "object" : on);
    }
  },
);

test("docs/operations.md is what `npm run docs` writes", () => {
  expect(operationsMd).toBe(operationsPage(model.operations));
});

test("the operations section of README.md is what `npm run docs` writes", () => {
  expect(readmeMd).toBe(replaceSection(readmeMd, readmeSection(model.operations)));
});
