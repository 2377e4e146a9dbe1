/** Writes docs/operations.md and the operations section of README.md from the routing table, and docs/costs.md from docs/scale.md. */
import { readFileSync, writeFileSync } from "node:fs";
import model from "../test/model/s3-operations.json" with { type: "json" };
import { costsPage } from "./costs/costs-document.ts";
import { readCounts } from "./costs/request-costs.ts";
import { operationsPage, readmeSection, replaceSection } from "./operations-document.ts";

writeFileSync("docs/operations.md", operationsPage(model.operations));

const readme = readFileSync("README.md", "utf8");
writeFileSync("README.md", replaceSection(readme, readmeSection(model.operations)));

writeFileSync("docs/costs.md", costsPage(readCounts(readFileSync("docs/scale.md", "utf8"))));
