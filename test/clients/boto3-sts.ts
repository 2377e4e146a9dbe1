import { writeFileSync } from "node:fs";
import path from "node:path";
import type { Client, ClientContext, Step } from "./client.ts";

/** What root makes: a user that a profile signs as, and a role that another profile assumes. */
const PREPARE = `
import json, os, boto3
endpoint, folder = os.environ["ENDPOINT"], os.environ["FOLDER"]
root = dict(endpoint_url=endpoint, region_name="us-east-1")
iam, s3 = boto3.client("iam", **root), boto3.client("s3", **root)
s3.create_bucket(Bucket=os.environ["BUCKET"])
s3.put_object(Bucket=os.environ["BUCKET"], Key="k", Body=b"text")
user = iam.create_user(UserName="alice")["User"]["Arn"]
key = iam.create_access_key(UserName="alice")["AccessKey"]
trust = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"AWS": user}, "Action": "sts:AssumeRole"}]}
role = iam.create_role(RoleName="reader", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
iam.attach_role_policy(RoleName="reader", PolicyArn="arn:aws:iam::aws:policy/AmazonS3FullAccess")
with open(f"{folder}/config", "w") as config:
    config.write(f"""
[profile alice]
region = us-east-1
endpoint_url = {endpoint}
aws_access_key_id = {key["AccessKeyId"]}
aws_secret_access_key = {key["SecretAccessKey"]}
[profile reader]
region = us-east-1
endpoint_url = {endpoint}
role_arn = {role}
source_profile = alice
duration_seconds = 900
""")
print("made")`;

const PRELUDE = `
import os, boto3
bucket = os.environ["BUCKET"]
session = boto3.Session(profile_name="reader")
s3 = session.client("s3")
`;

const SCRIPTS: readonly (readonly [name: string, script: string, prints: RegExp])[] = [
  [
    "a profile that assumes a role",
    `
print(session.client("sts").get_caller_identity()["Arn"])
print(s3.get_object(Bucket=bucket, Key="k")["Body"].read())`,
    /^arn:aws:sts::\d{12}:assumed-role\/reader\/\S+\nb'text'\n$/,
  ],
  [
    // botocore wants new ones from 15 minutes before their end on, which is always here.
    "it gets new credentials by itself",
    `
credentials = session.get_credentials()
keys = set()
for n in range(3):
    s3.put_object(Bucket=bucket, Key=f"n{n}", Body=b"x")
    keys.add(credentials.get_frozen_credentials().access_key)
print(len(keys) > 1)`,
    /^True\n$/,
  ],
  [
    "a presigned URL, a form, and parts",
    `
import io, urllib.request
from boto3.s3.transfer import TransferConfig
url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"})
print(urllib.request.urlopen(url).read())
post = s3.generate_presigned_post(bucket, "posted")
boundary = "b" * 30
fields = "".join(f'--{boundary}\\r\\nContent-Disposition: form-data; name="{name}"\\r\\n\\r\\n{value}\\r\\n' for name, value in post["fields"].items())
body = fields + f'--{boundary}\\r\\nContent-Disposition: form-data; name="file"; filename="f"\\r\\n\\r\\nform\\r\\n--{boundary}--\\r\\n'
sent = urllib.request.Request(post["url"], body.encode(), {"Content-Type": f"multipart/form-data; boundary={boundary}"})
print(urllib.request.urlopen(sent).status)
MIB = 1024 * 1024
s3.upload_fileobj(io.BytesIO(os.urandom(20 * MIB)), bucket, "parts", Config=TransferConfig(multipart_chunksize=5 * MIB, multipart_threshold=5 * MIB))
print(s3.head_object(Bucket=bucket, Key="parts")["ContentLength"] == 20 * MIB)`,
    /^b'text'\n204\nTrue\n$/,
  ],
  [
    "who one is, by a URL",
    `
import urllib.request
sts = session.client("sts")
url = sts.generate_presigned_url("get_caller_identity", HttpMethod="GET")
print(b":assumed-role/reader/" in urllib.request.urlopen(url).read())`,
    /^True\n$/,
  ],
  [
    "sessions of one's own, and for others",
    `
alice = boto3.Session(profile_name="alice").client("sts")
own = alice.get_session_token()["Credentials"]
keys = dict(aws_access_key_id=own["AccessKeyId"], aws_secret_access_key=own["SecretAccessKey"], aws_session_token=own["SessionToken"])
sts = boto3.client("sts", region_name="us-east-1", endpoint_url=os.environ["ENDPOINT"], **keys)
print(sts.get_caller_identity()["Arn"].endswith(":user/alice"))
try: alice.get_federation_token(Name="fed")
except alice.exceptions.ClientError as error: print(error.response["Error"]["Code"])`,
    /^True\nAccessDenied\n$/,
  ],
];

/** Temporary credentials, as programs get them by a profile. */
export const boto3Sts: Client = {
  name: "boto3 with roles",
  probe: ["python3", "-c", "import boto3"],
  environment: ({ endpoint, bucket, folder }) => ({
    ENDPOINT: endpoint,
    BUCKET: bucket,
    FOLDER: folder,
    AWS_CONFIG_FILE: path.join(folder, "config"),
    AWS_EC2_METADATA_DISABLED: "true",
  }),
  steps(context) {
    return [
      prepare(context),
      ...SCRIPTS.map(([name, script, prints]) => step(name, script, prints)),
    ];
  },
};

function prepare({ folder, accessKeyId, secretAccessKey }: ClientContext): Step {
  const file = path.join(folder, "prepare.py");
  writeFileSync(file, PREPARE);
  const keys = [`AWS_ACCESS_KEY_ID=${accessKeyId}`, `AWS_SECRET_ACCESS_KEY=${secretAccessKey}`];
  const command = ["env", "-u", "AWS_CONFIG_FILE", ...keys, "python3", file];
  return { name: "a user, a role, and a profile", command, prints: /^made\n$/ };
}

function step(name: string, script: string, prints: RegExp): Step {
  return { name, command: ["python3", "-c", PRELUDE + script], prints };
}
