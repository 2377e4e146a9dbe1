/** One of AWS's own policies: every account has it, and nobody changes it. */
export interface AwsManagedPolicy {
  readonly arn: string;
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** Its only version here. */
  readonly versionId: string;
  readonly createdMs: number;
  readonly updatedMs: number;
  /** As text, as all policies are kept. */
  readonly document: string;
}

interface Described extends Omit<AwsManagedPolicy, "arn" | "createdMs" | "document" | "updatedMs"> {
  readonly created: string;
  readonly updated: string;
  /** What is allowed of everything; `NotAction` first where AWS has it. */
  readonly statements: readonly Readonly<Partial<Record<"Action" | "NotAction", unknown>>>[];
}

/**
 * Those that concern S3, IAM, and everything; what Ledge has not is named as well.
 *
 * Source: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html, as of 2026-09
 */
const DESCRIBED: readonly Described[] = [
  {
    name: "AdministratorAccess",
    id: "ANPAIWMBCKSKIEE64ZLYK",
    description: "Provides full access to AWS services and resources.",
    versionId: "v1",
    created: "2015-02-06T18:39:46Z",
    updated: "2015-02-06T18:39:46Z",
    statements: [{ Action: "*" }],
  },
  {
    name: "AmazonS3FullAccess",
    id: "ANPAIFIR6V6BVTRAHWINE",
    description: "Provides full access to all buckets via the AWS Management Console.",
    versionId: "v2",
    created: "2015-02-06T18:40:58Z",
    updated: "2021-09-27T20:16:37Z",
    statements: [{ Action: ["s3:*", "s3-object-lambda:*"] }],
  },
  {
    name: "AmazonS3ReadOnlyAccess",
    id: "ANPAIZTJ4DXE7G6AGAE6M",
    description: "Provides read only access to all buckets via the AWS Management Console.",
    versionId: "v3",
    created: "2015-02-06T18:40:59Z",
    updated: "2023-08-10T21:31:39Z",
    statements: [
      {
        Action: [
          ...["s3:Get*", "s3:List*", "s3:Describe*"],
          ...["s3-object-lambda:Get*", "s3-object-lambda:List*"],
        ],
      },
    ],
  },
  {
    name: "IAMFullAccess",
    id: "ANPAI7XKCFMBPM3QQRRVQ",
    description: "Provides full access to IAM via the AWS Management Console.",
    versionId: "v2",
    created: "2015-02-06T18:40:38Z",
    updated: "2019-06-21T19:40:00Z",
    statements: [
      {
        Action: [
          "iam:*",
          ...["organizations:DescribeAccount", "organizations:DescribeOrganization"],
          ...["organizations:DescribeOrganizationalUnit", "organizations:DescribePolicy"],
          ...["organizations:ListChildren", "organizations:ListParents"],
          ...["organizations:ListPoliciesForTarget", "organizations:ListRoots"],
          ...["organizations:ListPolicies", "organizations:ListTargetsForPolicy"],
        ],
      },
    ],
  },
  {
    name: "IAMReadOnlyAccess",
    id: "ANPAJKSO7NDY4T57MWDSQ",
    description: "Provides read only access to IAM via the AWS Management Console.",
    versionId: "v4",
    created: "2015-02-06T18:40:39Z",
    updated: "2018-01-25T19:11:27Z",
    statements: [
      {
        Action: [
          ...["iam:GenerateCredentialReport", "iam:GenerateServiceLastAccessedDetails"],
          ...["iam:Get*", "iam:List*", "iam:SimulateCustomPolicy", "iam:SimulatePrincipalPolicy"],
        ],
      },
    ],
  },
  {
    name: "PowerUserAccess",
    id: "ANPAJYRXTHIB4FOVS3ZXS",
    description:
      "Provides full access to AWS services and resources, but does not allow management of Users and groups.",
    versionId: "v12",
    created: "2015-02-06T18:39:47Z",
    updated: "2026-02-12T17:59:14Z",
    statements: [
      { NotAction: ["iam:*", "organizations:*", "account:*"] },
      {
        Action: [
          ...["account:GetAccountInformation", "account:GetGovCloudAccountInformation"],
          ...["account:GetPrimaryEmail", "account:ListRegions"],
          ...["iam:CreateServiceLinkedRole", "iam:DeleteServiceLinkedRole", "iam:ListRoles"],
          ...["organizations:DescribeEffectivePolicy", "organizations:DescribeOrganization"],
        ],
      },
    ],
  },
];

/** In the order of their names. */
export const AWS_MANAGED_POLICIES: readonly AwsManagedPolicy[] = DESCRIBED.map(
  ({ created, updated, statements, ...described }) => ({
    ...described,
    arn: `arn:aws:iam::aws:policy/${described.name}`,
    createdMs: Date.parse(created),
    updatedMs: Date.parse(updated),
    document: JSON.stringify({
      Version: "2012-10-17",
      Statement: statements.map((statement) => ({
        Effect: "Allow",
        ...statement,
        Resource: "*",
      })),
    }),
  }),
);

const BY_ARN = new Map(AWS_MANAGED_POLICIES.map((policy) => [policy.arn, policy]));

/** Undefined: AWS may have one of this ARN, and Ledge has none. */
export function awsManagedPolicy(arn: string): AwsManagedPolicy | undefined {
  return BY_ARN.get(arn);
}
