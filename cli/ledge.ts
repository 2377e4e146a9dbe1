#!/usr/bin/env node
/** A Node that is too old for all the rest can still run this, and tell so. */
import module from "node:module";
import { complaintOfNode } from "./least-node.ts";

const complaint = complaintOfNode(process.versions.node);
if (complaint === undefined) {
  // What is compiled at one start need not be compiled at the next.
  module.enableCompileCache();
  const { runCommand } = await import("./command.ts");
  await runCommand();
} else {
  console.error(`ledge: ${complaint}`);
  process.exitCode = 2;
}
