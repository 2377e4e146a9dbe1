import { writeFileSync } from "node:fs";
import path from "node:path";
import { awsEnvironment } from "./aws-cli.ts";
import type { Client, ClientContext, Step } from "./client.ts";

const ACCOUNT = "000000000000";
const READER = {
  Version: "2012-10-17",
  Statement: {
    Effect: "Allow",
    Action: ["s3:GetObject", "s3:ListBucket"],
    Resource: ["arn:aws:s3:::photos", "arn:aws:s3:::photos/*"],
  },
};
const TRUST = {
  Version: "2012-10-17",
  Statement: { Effect: "Allow", Action: "sts:AssumeRole", Principal: { AWS: ACCOUNT } },
};

/**
 * Users, groups, roles, policies, and OIDC providers, as people make them from a shell; each resource in the order of calls that
 * Terraform's provider makes of it: made, read, read for the plan, changed, destroyed.
 *
 * Source: https://github.com/hashicorp/terraform-provider-aws/tree/main/internal/service/iam
 */
export function awsCliIam(program: string): Client {
  return {
    name: `aws-cli iam (${program})`,
    probe: [program, "--version"],
    environment: awsEnvironment,
    steps: (context) => steps(program, context),
  };
}

/** An action with its parameters, and what its answer has to say; nothing when it has none. */
type Row = readonly [action: string, parameters: string, prints?: RegExp];

function steps(program: string, { endpoint, folder }: ClientContext): readonly Step[] {
  writeFileSync(path.join(folder, "reader.json"), JSON.stringify(READER));
  writeFileSync(path.join(folder, "trust.json"), JSON.stringify(TRUST));
  const iam = [program, "--endpoint-url", endpoint, "--output", "json", "iam"];
  const stepOf = ([action, parameters, prints = /^$/]: Row): Step => ({
    name: `${action} ${parameters}`,
    command: [...iam, action, ...parameters.split(" ").filter((each) => each !== "")],
    prints,
  });
  const refused = ([action, parameters, failsWith = /./]: Row): Step => {
    const { name, command } = stepOf([action, parameters]);
    return { name: `${name}, which there is not`, command, failsWith };
  };
  return [
    ...POLICY.map(stepOf),
    ...USER.map(stepOf),
    readerStep(program, endpoint),
    ...GROUP.map(stepOf),
    ...ROLE.map(stepOf),
    ...PROVIDER.map(stepOf),
    ...ACCOUNT_WIDE.map(stepOf),
    ...DESTROY.map(stepOf),
    ...GONE.map(refused),
    keysStep(iam),
    ...LAST.map(stepOf),
    refused(["get-user", OF_USER, /NoSuchEntity/]),
    refused(["get-policy", OF_POLICY, /NoSuchEntity/]),
  ];
}

const POLICY_ARN = `arn:aws:iam::${ACCOUNT}:policy/team/reader`;
const OF_POLICY = `--policy-arn ${POLICY_ARN}`;
const DOCUMENT = "--policy-document file://reader.json";
const TAGS = "--tags Key=Team,Value=a";

const POLICY: readonly Row[] = [
  ["create-policy", `--policy-name reader --path /team/ ${DOCUMENT} ${TAGS}`, /"ANPA/],
  ["get-policy", OF_POLICY, /"DefaultVersionId": "v1"/],
  ["get-policy-version", `${OF_POLICY} --version-id v1`, /"s3:ListBucket"/],
  ["create-policy-version", `${OF_POLICY} ${DOCUMENT} --set-as-default`, /"v2"/],
  ["list-policy-versions", OF_POLICY, /"v2"[^]*"v1"/],
  ["set-default-policy-version", `${OF_POLICY} --version-id v1`],
  ["delete-policy-version", `${OF_POLICY} --version-id v2`],
  ["list-policies", "--scope Local --path-prefix /team/", /"reader"/],
  ["tag-policy", `${OF_POLICY} --tags Key=b,Value=2`],
  ["untag-policy", `${OF_POLICY} --tag-keys b`],
  ["list-policy-tags", OF_POLICY, /"Team"/],
];

const OF_USER = "--user-name reader";

const USER: readonly Row[] = [
  ["create-user", `${OF_USER} --path /team/ ${TAGS}`, /"AIDA/],
  ["get-user", OF_USER, /user\/team\/reader/],
  ["update-user", `${OF_USER} --new-path /`],
  ["list-users", "--max-items 100", /user\/reader/],
  ["tag-user", `${OF_USER} --tags Key=b,Value=2`],
  ["untag-user", `${OF_USER} --tag-keys b`],
  ["list-user-tags", OF_USER, /"Team"/],
  ["put-user-policy", `${OF_USER} --policy-name own ${DOCUMENT}`],
  ["get-user-policy", `${OF_USER} --policy-name own`, /"s3:ListBucket"/],
  ["list-user-policies", OF_USER, /"own"/],
  ["attach-user-policy", `${OF_USER} ${OF_POLICY}`],
  ["list-attached-user-policies", OF_USER, /"reader"/],
  ["put-user-permissions-boundary", `${OF_USER} --permissions-boundary ${POLICY_ARN}`],
];

/** As README.md shows it. */
function readerStep(program: string, endpoint: string): Step {
  const script = `
set -e
aws="$1 --endpoint-url $2"
$aws s3 mb s3://photos > made
echo hello > file
$aws s3 cp file s3://photos/file > copied
key=$($aws iam create-access-key ${OF_USER} --query AccessKey.[AccessKeyId,SecretAccessKey] --output text)
set -- $key
$aws iam list-access-keys ${OF_USER} | grep -q "$1"
$aws iam get-access-key-last-used --access-key-id "$1" | grep -q '"N/A"'
export AWS_ACCESS_KEY_ID="$1" AWS_SECRET_ACCESS_KEY="$2"
$aws sts get-caller-identity --query Arn --output text
$aws s3 cp s3://photos/file -
$aws s3 cp file s3://photos/other 2>&1 && exit 1 || true
$aws iam list-users 2>&1 && exit 1 || true
`;
  return {
    name: "the user's key reads the bucket, and nothing else",
    command: ["sh", "-c", script, "sh", program, endpoint],
    prints: new RegExp(
      `^arn:aws:iam::${ACCOUNT}:user/reader\\nhello\\n[^]*AccessDenied[^]*PutObject[^]*AccessDenied[^]*ListUsers`,
    ),
  };
}

/** Nobody but the answers knows their ids. */
function keysStep(iam: readonly string[]): Step {
  const script = `
set -e
for key in $("$@" list-access-keys ${OF_USER} --query AccessKeyMetadata[].AccessKeyId --output text); do
  "$@" update-access-key ${OF_USER} --access-key-id "$key" --status Inactive
  "$@" list-access-keys ${OF_USER} --query AccessKeyMetadata[].Status --output text
  "$@" delete-access-key ${OF_USER} --access-key-id "$key"
done
`;
  return {
    name: "update-access-key and delete-access-key",
    command: ["sh", "-c", script, "sh", ...iam],
    prints: /^Inactive\n$/,
  };
}

const LAST: readonly Row[] = [
  ["delete-user", OF_USER],
  ["delete-policy", OF_POLICY],
];

const OF_GROUP = "--group-name readers";

const GROUP: readonly Row[] = [
  ["create-group", OF_GROUP, /"AGPA/],
  ["get-group", OF_GROUP, /"Users": \[\]/],
  ["update-group", `${OF_GROUP} --new-path /team/`],
  ["list-groups", "", /group\/team\/readers/],
  ["add-user-to-group", `${OF_GROUP} ${OF_USER}`],
  ["list-groups-for-user", OF_USER, /"readers"/],
  ["put-group-policy", `${OF_GROUP} --policy-name own ${DOCUMENT}`],
  ["get-group-policy", `${OF_GROUP} --policy-name own`, /"s3:ListBucket"/],
  ["list-group-policies", OF_GROUP, /"own"/],
  ["attach-group-policy", `${OF_GROUP} ${OF_POLICY}`],
  ["list-attached-group-policies", OF_GROUP, /"reader"/],
];

const OF_ROLE = "--role-name worker";
const TRUSTED = "file://trust.json";

const ROLE: readonly Row[] = [
  ["create-role", `${OF_ROLE} --assume-role-policy-document ${TRUSTED} ${TAGS}`, /"AROA/],
  ["get-role", OF_ROLE, /"MaxSessionDuration": 3600/],
  ["list-roles", "", /role\/worker/],
  ["update-role", `${OF_ROLE} --max-session-duration 7200`, /^(\{\}\s*)?$/],
  ["update-role-description", `${OF_ROLE} --description works`, /"works"/],
  ["update-assume-role-policy", `${OF_ROLE} --policy-document ${TRUSTED}`],
  ["tag-role", `${OF_ROLE} --tags Key=b,Value=2`],
  ["untag-role", `${OF_ROLE} --tag-keys b`],
  ["list-role-tags", OF_ROLE, /"Team"/],
  ["put-role-policy", `${OF_ROLE} --policy-name own ${DOCUMENT}`],
  ["get-role-policy", `${OF_ROLE} --policy-name own`, /"s3:ListBucket"/],
  ["list-role-policies", OF_ROLE, /"own"/],
  ["attach-role-policy", `${OF_ROLE} ${OF_POLICY}`],
  ["list-attached-role-policies", OF_ROLE, /"reader"/],
  ["put-role-permissions-boundary", `${OF_ROLE} --permissions-boundary ${POLICY_ARN}`],
  ["list-entities-for-policy", OF_POLICY, /"readers"[^]*"reader"[^]*"worker"/],
];

const OF_PROVIDER = `--open-id-connect-provider-arn arn:aws:iam::${ACCOUNT}:oidc-provider/issuer.example.com`;
const THUMBPRINT = "a".repeat(40);

const PROVIDER: readonly Row[] = [
  [
    "create-open-id-connect-provider",
    "--url https://issuer.example.com --client-id-list one",
    /oidc-provider\/issuer.example.com/,
  ],
  ["get-open-id-connect-provider", OF_PROVIDER, /"one"/],
  ["list-open-id-connect-providers", "", /oidc-provider\/issuer.example.com/],
  ["add-client-id-to-open-id-connect-provider", `${OF_PROVIDER} --client-id two`],
  ["remove-client-id-from-open-id-connect-provider", `${OF_PROVIDER} --client-id one`],
  ["update-open-id-connect-provider-thumbprint", `${OF_PROVIDER} --thumbprint-list ${THUMBPRINT}`],
  ["delete-open-id-connect-provider", OF_PROVIDER],
];

const ACCOUNT_WIDE: readonly Row[] = [
  ["create-account-alias", "--account-alias ledge-clients"],
  ["list-account-aliases", "", /"ledge-clients"/],
  ["delete-account-alias", "--account-alias ledge-clients"],
  ["get-account-summary", "", /"Users": [1-9]/],
  ["get-account-authorization-details", "", /"GroupList": \[\s*"readers"/],
];

/** What Terraform looks for, and takes away, before it deletes what has it. */
const DESTROY: readonly Row[] = [
  ["remove-user-from-group", `${OF_GROUP} ${OF_USER}`],
  ["detach-group-policy", `${OF_GROUP} ${OF_POLICY}`],
  ["delete-group-policy", `${OF_GROUP} --policy-name own`],
  ["delete-group", OF_GROUP],
  ["list-instance-profiles-for-role", OF_ROLE, /"InstanceProfiles": \[\]/],
  ["detach-role-policy", `${OF_ROLE} ${OF_POLICY}`],
  ["delete-role-policy", `${OF_ROLE} --policy-name own`],
  ["delete-role-permissions-boundary", OF_ROLE],
  ["delete-role", OF_ROLE],
  ["list-mfa-devices", OF_USER, /"MFADevices": \[\]/],
  ["list-virtual-mfa-devices", "--assignment-status Any", /"VirtualMFADevices": \[\]/],
  ["list-ssh-public-keys", OF_USER, /"SSHPublicKeys": \[\]/],
  ["list-signing-certificates", OF_USER, /"Certificates": \[\]/],
  ["list-service-specific-credentials", OF_USER, /"ServiceSpecificCredentials": \[\]/],
  ["delete-user-permissions-boundary", OF_USER],
  ["detach-user-policy", `${OF_USER} ${OF_POLICY}`],
  ["delete-user-policy", `${OF_USER} --policy-name own`],
];

const GONE: readonly Row[] = [
  ["get-role", OF_ROLE, /NoSuchEntity/],
  ["get-group", OF_GROUP, /NoSuchEntity/],
  ["delete-login-profile", OF_USER, /NoSuchEntity/],
  ["delete-user", OF_USER, /DeleteConflict/],
];
