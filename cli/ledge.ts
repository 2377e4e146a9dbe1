#!/usr/bin/env node
/** Parsed by a Node that is too old for all the rest, too, so that it can say so. */
import module from "node:module";
import { LEAST_NODE, isNodeOldEnough } from "./least-node.ts";

if (isNodeOldEnough(process.versions.node)) {
  // What is compiled at the first start need not be compiled at the next.
  module.enableCompileCache();
  const { runCommand } = await import("./command.ts");
  await runCommand();
} else {
  console.error(`ledge: needs Node ${LEAST_NODE} or later; this is Node ${process.versions.node}`);
  process.exitCode = 2;
}
