import { awsEnvironment } from "./aws-cli.ts";
import type { Client, ClientContext, Step } from "./client.ts";

/** Runs a command of `aws sts` that answers credentials, and then another command with them. */
const WITH_CREDENTIALS = `
set -e
credentials=$(eval "$1")
shift
export AWS_ACCESS_KEY_ID=$(echo "$credentials" | cut -f1) AWS_SECRET_ACCESS_KEY=$(echo "$credentials" | cut -f2) AWS_SESSION_TOKEN=$(echo "$credentials" | cut -f3)
exec "$@"`;

/** Temporary credentials, as people get them in a shell. */
export function awsCliSts(program: string): Client {
  return {
    name: `aws-cli sts (${program})`,
    probe: [program, "--version"],
    environment: awsEnvironment,
    steps: (context) => steps(program, context),
  };
}

function steps(program: string, { endpoint, bucket }: ClientContext): readonly Step[] {
  const aws = (...parameters: string[]) => [
    ...[program, "--endpoint-url", endpoint, "--output", "text"],
    ...parameters,
  ];
  const sts = (...parameters: string[]) =>
    [
      ...aws("sts", ...parameters),
      ...["--query", "Credentials.[AccessKeyId,SecretAccessKey,SessionToken]"],
    ]
      .map((each) => `'${each}'`)
      .join(" ");
  const as = (credentials: string, ...command: string[]) => [
    ...["sh", "-c", WITH_CREDENTIALS, "sh", credentials],
    ...command,
  ];
  const policy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*"}]}`;
  const identity = aws("sts", "get-caller-identity", "--query", "Arn");
  const federated = sts("get-federation-token", "--name", "ci", "--policy", policy);
  return [
    { name: "get-caller-identity", command: identity, prints: /^arn:aws:iam::\d{12}:root$/m },
    {
      name: "get-session-token",
      command: as(sts("get-session-token"), ...identity),
      prints: /^arn:aws:iam::\d{12}:root$/m,
    },
    {
      name: "get-federation-token",
      command: as(federated, ...identity),
      prints: /^arn:aws:sts::\d{12}:federated-user\/ci$/m,
    },
    { name: "it lists buckets", command: as(federated, ...aws("s3api", "list-buckets")) },
    {
      name: "it makes none",
      command: as(federated, ...aws("s3api", "create-bucket", "--bucket", bucket)),
      failsWith: /AccessDenied/,
    },
    {
      name: "assume-role, by root",
      command: aws(
        ...["sts", "assume-role", "--role-session-name", "session"],
        ...["--role-arn", "arn:aws:iam::000000000000:role/r"],
      ),
      failsWith: /Roles may not be assumed by root accounts/,
    },
  ];
}
