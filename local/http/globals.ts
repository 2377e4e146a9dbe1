/** What esbuild puts in place of the runtime's own in the bundle of `src/` that runs in Node. */
export { Headers } from "./headers.ts";
export { Request } from "./request.ts";
export { Response } from "./response.ts";
