/** Writes docs/operations.md, and the operations section of README.md, from the routing table. */
import { readFileSync, writeFileSync } from "node:fs";
import model from "../test/model/s3-operations.json" with { type: "json" };
import { operationsPage, readmeSection, replaceSection } from "./operations-document.ts";

writeFileSync("docs/operations.md", operationsPage(model.operations));

const readme = readFileSync("README.md", "utf8");
writeFileSync("README.md", replaceSection(readme, readmeSection(model.operations)));
