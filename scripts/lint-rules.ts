import { linearPatterns } from "./linear-patterns.ts";
import { namedColumns } from "./named-columns.ts";
import { wholeCursors } from "./whole-cursors.ts";

/** A plugin for oxlint: the rules that this code has for itself. */
export default {
  meta: { name: "ledge" },
  rules: {
    "linear-patterns": linearPatterns,
    "named-columns": namedColumns,
    "whole-cursors": wholeCursors,
  },
};
