import { UserError } from "./user-error.ts";

export const DEFAULT_CREDENTIALS = {
  accessKeyId: "ledge",
  secretAccessKey: "ledge-local-secret",
} as const;

/** @param env of MinIO's names, what a compose file that is left as it was has */
export function credentials(
  accessKey: string | undefined,
  secretKey: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
) {
  const { accessKeyId, secretAccessKey } = DEFAULT_CREDENTIALS;
  const id = accessKey ?? env["ROOT_ACCESS_KEY_ID"] ?? env["MINIO_ROOT_USER"] ?? accessKeyId;
  const secret =
    secretKey ?? env["ROOT_SECRET_ACCESS_KEY"] ?? env["MINIO_ROOT_PASSWORD"] ?? secretAccessKey;
  return {
    accessKeyId: nonEmpty("--access-key", id),
    secretAccessKey: nonEmpty("--secret-key", secret),
  };
}

function nonEmpty(option: string, value: string): string {
  if (value === "") throw new UserError(`${option} is empty`);
  return value;
}
