/**
 * `node:http` as `require` has it. An `import` reads everything that it exports, and to read its `WebSocket` loads undici: a
 * fifth of the time in which the server starts.
 */
export const { createServer, IncomingMessage, ServerResponse, STATUS_CODES } =
  process.getBuiltinModule("node:http");
