import type { Client } from "./client.ts";
import { projectScript, scriptEnvironment } from "./project-script.ts";

/** The JavaScript SDK's managed upload, of a stream whose length it does not know. */
export const libStorage: Client = {
  name: "@aws-sdk/lib-storage",
  probe: projectScript(`require("@aws-sdk/lib-storage");`),
  environment: scriptEnvironment,
  steps: () => [
    {
      name: "Upload of a stream, and its bytes again",
      command: projectScript(`
const { Upload } = require("@aws-sdk/lib-storage");
const { Readable } = require("node:stream");
const body = require("node:crypto").randomBytes(21 * 1024 * 1024 + 1);
await s3.createBucket({ Bucket: bucket });
const pieces = Array.from({ length: 22 }, (_, i) => body.subarray(i << 20, (i + 1) << 20));
const params = { Bucket: bucket, Key: "stream", Body: Readable.from(pieces) };
const { ETag } = await new Upload({ client: s3, params, queueSize: 3, partSize: 5 * 1024 * 1024 }).done();
const { Body } = await s3.getObject({ Bucket: bucket, Key: "stream" });
console.log(ETag, body.equals(await Body.transformToByteArray()));`),
      prints: /^"[0-9a-f]{32}-5" true\n$/,
    },
  ],
};
