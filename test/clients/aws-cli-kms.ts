import { awsEnvironment } from "./aws-cli.ts";
import type { Client, ClientContext, Step } from "./client.ts";

/** The keys of objects, as people manage them from a shell. */
export function awsCliKms(program: string): Client {
  return {
    name: `aws-cli kms (${program})`,
    probe: [program, "--version"],
    environment: awsEnvironment,
    steps: (context) => steps(program, context),
  };
}

function steps(program: string, { endpoint }: ClientContext): readonly Step[] {
  const kms = (...parameters: string[]) => [
    ...[program, "--endpoint-url", endpoint, "--output", "text", "kms"],
    ...parameters,
  ];
  const onKey = (action: string, ...parameters: string[]) =>
    kms(action, "--key-id", "alias/app", ...parameters);
  const state = onKey("describe-key", "--query", "KeyMetadata.[KeyState,Enabled]");
  return [
    {
      name: "create-key and create-alias",
      command: [
        "sh",
        "-c",
        'key=$("$@" create-key --description app --tags TagKey=a,TagValue=1 --query KeyMetadata.KeyId) && "$@" create-alias --alias-name alias/app --target-key-id "$key"',
        "sh",
        ...kms(),
      ],
      prints: /^$/,
    },
    { name: "describe-key", command: state, prints: /^Enabled\tTrue$/m },
    {
      name: "list-aliases",
      command: kms("list-aliases", "--query", "Aliases[].AliasName"),
      prints: /alias\/app/,
    },
    { name: "list-keys", command: kms("list-keys"), prints: /key\/[0-9a-f-]{36}/ },
    { name: "disable-key", command: onKey("disable-key"), prints: /^$/ },
    { name: "it is disabled", command: state, prints: /^Disabled\tFalse$/m },
    { name: "enable-key", command: onKey("enable-key"), prints: /^$/ },
    { name: "enable-key-rotation", command: onKey("enable-key-rotation"), prints: /^$/ },
    {
      name: "get-key-rotation-status",
      command: onKey("get-key-rotation-status", "--query", "RotationPeriodInDays"),
      prints: /^365$/m,
    },
    { name: "rotate-key-on-demand", command: onKey("rotate-key-on-demand"), prints: /key\// },
    {
      name: "list-key-rotations",
      command: onKey("list-key-rotations", "--query", "Rotations[].RotationType"),
      prints: /^ON_DEMAND$/m,
    },
    {
      name: "list-resource-tags",
      command: onKey("list-resource-tags", "--query", "Tags"),
      prints: /^a\t1$/m,
    },
    {
      name: "get-key-policy",
      command: onKey("get-key-policy", "--policy-name", "default", "--query", "Policy"),
      prints: /kms:\*/,
    },
    {
      name: "schedule-key-deletion",
      command: onKey("schedule-key-deletion", "--query", "KeyState"),
      prints: /^PendingDeletion$/m,
    },
    { name: "cancel-key-deletion", command: onKey("cancel-key-deletion"), prints: /key\// },
    { name: "it is disabled again", command: state, prints: /^Disabled\tFalse$/m },
    {
      name: "delete-alias",
      command: kms("delete-alias", "--alias-name", "alias/app"),
      prints: /^$/,
    },
  ];
}
