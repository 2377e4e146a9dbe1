import { expect, test } from "vitest";
import operationsMd from "../docs/operations.md?raw";
import readmeMd from "../README.md?raw";
import {
  modelRoute,
  operationsPage,
  readmeSection,
  replaceSection,
  SUCCESSORS,
} from "../scripts/operations-document.ts";
import { NOT_IMPLEMENTED } from "../src/operations/not-implemented.ts";
import { ROUTES } from "../src/operations/registry.ts";
import model from "./model/s3-operations.json" with { type: "json" };

const REFUSED: Readonly<Record<string, string>> = NOT_IMPLEMENTED;

test.for(model.operations)("$name has a route under its name", (operation) => {
  const key = modelRoute(operation);
  const name = ROUTES[key]?.name ?? REFUSED[key];
  expect({ key, name }).toEqual({ key, name: SUCCESSORS[operation.name] ?? operation.name });
});

test("every route belongs to an operation of the model, but for the browser's form upload", () => {
  const routes = [...Object.keys(ROUTES), ...Object.keys(NOT_IMPLEMENTED)];
  const modelled = new Set(model.operations.map(modelRoute));
  expect(routes.filter((key) => !modelled.has(key))).toEqual(["POST bucket form"]);
});

test("docs/operations.md is what `npm run docs` writes", () => {
  expect(operationsMd).toBe(operationsPage(model.operations));
});

test("the operations section of README.md is what `npm run docs` writes", () => {
  expect(readmeMd).toBe(replaceSection(readmeMd, readmeSection(model.operations)));
});
