import path from "node:path";

const project = path.resolve(import.meta.dirname, "..", "..");

/**
 * A command that runs JavaScript with the packages of this project, in which `s3` is a client with the defaults and
 * `bucket` the name that {@link scriptEnvironment} gives.
 */
export function projectScript(script: string): readonly string[] {
  const prelude = `
const require = process.getBuiltinModule("module").createRequire(${JSON.stringify(`${project}/`)});
const { S3 } = require("@aws-sdk/client-s3");
const { ENDPOINT: endpoint, BUCKET: bucket } = process.env;
const s3 = new S3({ endpoint, region: "us-east-1", forcePathStyle: true });
`;
  return [process.execPath, "-e", `${prelude}(async () => {${script}})();`];
}

export function scriptEnvironment(context: {
  readonly endpoint: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}): Readonly<Record<string, string>> {
  return {
    ENDPOINT: context.endpoint,
    BUCKET: context.bucket,
    AWS_ACCESS_KEY_ID: context.accessKeyId,
    AWS_SECRET_ACCESS_KEY: context.secretAccessKey,
  };
}
