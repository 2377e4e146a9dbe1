interface ClientSettings {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly masterKey: string;
}

/** What to keep, and what to tell clients, to be pasted. */
export function clientSettings({
  endpoint,
  region,
  accessKeyId,
  secretAccessKey,
  masterKey,
}: ClientSettings): string {
  return `
Keep these; the secrets are shown this once, and cannot be read from Cloudflare:

  AWS_ACCESS_KEY_ID=${accessKeyId}
  AWS_SECRET_ACCESS_KEY=${secretAccessKey}
  AWS_ENDPOINT_URL_S3=${endpoint}
  AWS_REGION=${region}
  MASTER_KEY=${masterKey}

Without MASTER_KEY, other accounts' keys and what is encrypted by them are lost; clients do not need it.

With the AWS_ ones in the environment:

  aws s3 mb s3://my-bucket

  rclone lsd :s3: --s3-provider Other --s3-env-auth --s3-endpoint ${endpoint} --s3-region ${region} --s3-force-path-style

  python -c 'import boto3; print(boto3.client("s3").list_buckets())'

Parts of uploads have to stay under 100 MB, which is what Cloudflare takes of a body on Free and Pro.
`;
}
