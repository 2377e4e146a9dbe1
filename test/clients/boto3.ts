import type { Client, Step } from "./client.ts";

/** `s3` is a client with the defaults, `bucket` the name. */
const PRELUDE = `
import os, urllib.request, boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError
endpoint, bucket = os.environ["ENDPOINT"], os.environ["BUCKET"]
s3 = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1")
MIB = 1024 * 1024
def code(call, **parameters):
    try: return call(**parameters)
    except ClientError as error: return error.response["Error"]["Code"]
def fetch(url, method="GET", data=None):
    return urllib.request.urlopen(urllib.request.Request(url, method=method, data=data)).read()
`;

const SCRIPTS: readonly (readonly [name: string, script: string, prints: RegExp])[] = [
  [
    "create_bucket",
    `s3.create_bucket(Bucket=bucket); print(s3.head_bucket(Bucket=bucket)["ResponseMetadata"]["HTTPStatusCode"])`,
    /^200\n$/,
  ],
  [
    "create_bucket elsewhere, twice",
    `
other = dict(Bucket=bucket + "-eu", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
s3.create_bucket(**other)
print(code(s3.create_bucket, **other), s3.get_bucket_location(Bucket=other["Bucket"])["LocationConstraint"])
s3.delete_bucket(Bucket=other["Bucket"])`,
    /^BucketAlreadyOwnedByYou eu-central-1\n$/,
  ],
  [
    "put_object and get_object",
    `
body = os.urandom(100_000)
s3.put_object(Bucket=bucket, Key="a b+c/é.txt", Body=body, Metadata={"color": "blue"})
got = s3.get_object(Bucket=bucket, Key="a b+c/é.txt")
print(got["Body"].read() == body, got["ContentLength"], got["Metadata"])`,
    /^True 100000 {'color': 'blue'}\n$/,
  ],
  [
    "put_bucket_policy, and a client without keys",
    `
import json
from botocore import UNSIGNED
policy = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/open/*"}]})
s3.put_object(Bucket=bucket, Key="open/1", Body=b"open"); s3.put_object(Bucket=bucket, Key="closed", Body=b"closed")
s3.put_bucket_policy(Bucket=bucket, Policy=policy)
print(s3.get_bucket_policy(Bucket=bucket)["Policy"] == policy, s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"])
other = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", config=Config(signature_version=UNSIGNED))
print(other.get_object(Bucket=bucket, Key="open/1")["Body"].read(), code(other.get_object, Bucket=bucket, Key="closed"))
s3.delete_bucket_policy(Bucket=bucket)
print(code(other.get_object, Bucket=bucket, Key="open/1"), code(s3.get_bucket_policy, Bucket=bucket))`,
    /^True {'IsPublic': True}\nb'open' AccessDenied\nAccessDenied NoSuchBucketPolicy\n$/,
  ],
  [
    "put_bucket_replication, and what becomes of versions",
    `
import time
names = [bucket + "-from", bucket + "-to"]
for name in names:
    s3.create_bucket(Bucket=name); s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
rules = [{"ID": "all", "Priority": 1, "Status": "Enabled", "Filter": {"Prefix": ""}, "Destination": {"Bucket": "arn:aws:s3:::" + names[1]},
          "DeleteMarkerReplication": {"Status": "Enabled"}}]
s3.put_bucket_replication(Bucket=names[0], ReplicationConfiguration={"Role": "arn:aws:iam::000000000000:role/r", "Rules": rules})
print(s3.get_bucket_replication(Bucket=names[0])["ReplicationConfiguration"]["Rules"] == rules)
ids = [s3.put_object(Bucket=names[0], Key="k", Body=os.urandom(100_000), Tagging="a=b")["VersionId"] for _ in range(3)]
ids.append(s3.delete_object(Bucket=names[0], Key="k")["VersionId"])
def versions(name):
    page = s3.list_object_versions(Bucket=name)
    return sorted((each["VersionId"], each.get("ETag"), each["IsLatest"]) for each in page.get("Versions", []) + page.get("DeleteMarkers", []))
for _ in range(200):
    if versions(names[1]) == versions(names[0]): break
    time.sleep(0.05)
status = lambda name: s3.head_object(Bucket=name, Key="k", VersionId=ids[0])["ReplicationStatus"]
print(versions(names[1]) == versions(names[0]), len(versions(names[1])), status(names[0]), status(names[1]))
s3.delete_bucket_replication(Bucket=names[0])
print(code(s3.get_bucket_replication, Bucket=names[0]))
for name in names:
    for id in ids: s3.delete_object(Bucket=name, Key="k", VersionId=id)
    s3.delete_bucket(Bucket=name)`,
    /^True\nTrue 4 COMPLETED REPLICA\nReplicationConfigurationNotFoundError\n$/,
  ],
  [
    "put_object of nothing and of something by turns, without a stall",
    `
import time
began = time.time()
for i in range(6): s3.put_object(Bucket=bucket, Key=f"turns/{i}", Body=b"" if i % 2 == 0 else b"body")
sizes = [entry["Size"] for entry in s3.list_objects_v2(Bucket=bucket, Prefix="turns/")["Contents"]]
print(sizes, time.time() - began < 15)`,
    /^\[0, 4, 0, 4, 0, 4\] True\n$/,
  ],
  [
    "put_object with each checksum",
    `
import importlib.util
names = ["CRC32", "SHA1", "SHA256"] + (["CRC32C", "CRC64NVME"] if importlib.util.find_spec("awscrt") else [])
for name in names:
    put = s3.put_object(Bucket=bucket, Key=name, Body=b"body", ChecksumAlgorithm=name)
    got = s3.get_object(Bucket=bucket, Key=name, ChecksumMode="ENABLED")
    assert got["Body"].read() == b"body" and got["Checksum" + name] == put["Checksum" + name], name
print("verified")`,
    /^verified\n$/,
  ],
  [
    "upload_file and download_file",
    `
open("small", "wb").write(b"small" * 1000)
s3.upload_file("small", bucket, "small")
s3.download_file(bucket, "small", "copy")
print(open("copy", "rb").read() == b"small" * 1000)`,
    /^True\n$/,
  ],
  ...(["when_supported", "when_required"] as const).map(
    (mode) =>
      [
        `upload_file, download_file and copy in parts, checksums ${mode}`,
        `
config = Config(request_checksum_calculation="${mode}", response_checksum_validation="${mode}")
s3 = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", config=config)
transfer = TransferConfig(multipart_threshold=MIB, multipart_chunksize=5 * MIB + 1, max_concurrency=8)
body = os.urandom(64 * MIB)
open("large", "wb").write(body)
s3.upload_file("large", bucket, "large", Config=transfer)
s3.copy({"Bucket": bucket, "Key": "large"}, bucket, "large copy", Config=transfer)
for key in ["large", "large copy"]:
    s3.download_file(bucket, key, "copy", Config=transfer)
    print(open("copy", "rb").read() == body, s3.head_object(Bucket=bucket, Key=key, PartNumber=1)["PartsCount"])`,
        /^True 13\nTrue 13\n$/,
      ] as const,
  ),
  [
    "parts out of order and uneven",
    `
sizes = [5 * MIB, 6 * MIB + 7, 100]
parts = [os.urandom(size) for size in sizes]
body = b"".join(parts)
for algorithm, kind in [("SHA256", "COMPOSITE"), ("CRC32", "FULL_OBJECT")]:
    key = dict(Bucket=bucket, Key=algorithm + " parts")
    upload = dict(key, UploadId=s3.create_multipart_upload(**key, ChecksumAlgorithm=algorithm, ChecksumType=kind)["UploadId"])
    done = {}
    for number in [3, 1, 2]:
        answer = s3.upload_part(**upload, PartNumber=number, Body=parts[number - 1], ChecksumAlgorithm=algorithm)
        done[number] = {"PartNumber": number, "ETag": answer["ETag"], "Checksum" + algorithm: answer["Checksum" + algorithm]}
    assert [part["PartNumber"] for part in s3.list_parts(**upload)["Parts"]] == [1, 2, 3]
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [done[number] for number in [1, 2, 3]]})
    assert s3.get_object(**key)["Body"].read() == body
    for number in [1, 2, 3]:
        got = s3.get_object(**key, PartNumber=number)
        assert got["Body"].read() == parts[number - 1] and got["PartsCount"] == 3
        assert got["Checksum" + algorithm] == done[number]["Checksum" + algorithm]
    assert s3.get_object(**key, Range=f"bytes={5 * MIB - 3}-{11 * MIB + 9}")["Body"].read() == body[5 * MIB - 3:11 * MIB + 10]
    listed = s3.get_object_attributes(**key, ObjectAttributes=["ObjectParts"], MaxParts=2)["ObjectParts"]
    print([part["Size"] for part in listed.get("Parts", [])], listed["TotalPartsCount"])`,
    /^(\[5242880, 6291463\] 3\n){2}$/,
  ],
  [
    "abort_multipart_upload",
    `
key = dict(Bucket=bucket, Key="aborted")
upload = dict(key, UploadId=s3.create_multipart_upload(**key)["UploadId"])
s3.upload_part(**upload, PartNumber=1, Body=b"part")
print([entry["Key"] for entry in s3.list_multipart_uploads(Bucket=bucket)["Uploads"]])
s3.abort_multipart_upload(**upload)
print("Uploads" in s3.list_multipart_uploads(Bucket=bucket), code(s3.list_parts, **upload), code(s3.head_object, **key))`,
    /^\['aborted'\]\nFalse NoSuchUpload 404\n$/,
  ],
  [
    "a conditional put, whose error names the condition",
    `
try:
    s3.put_object(Bucket=bucket, Key="small", Body=b"", IfNoneMatch="*")
except ClientError as error:
    print(error.response["Error"]["Code"], error.response["Error"]["Condition"])`,
    /^PreconditionFailed If-None-Match\n$/,
  ],
  [
    "errors by their code",
    `
print(code(s3.get_object, Bucket=bucket, Key="missing"), code(s3.head_object, Bucket=bucket, Key="missing"))
print(code(s3.get_object, Bucket=bucket + "-none", Key="missing"), code(s3.get_bucket_cors, Bucket=bucket))`,
    /^NoSuchKey 404\nNoSuchBucket NoSuchCORSConfiguration\n$/,
  ],
  [
    "a URL presigned as by default",
    `
s3.put_object(Bucket=bucket, Key="shared", Body=b"shared")
url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "shared"})
print("AWSAccessKeyId=" in url, fetch(url))`,
    /^True b'shared'\n$/,
  ],
  [
    "URLs presigned with s3v4",
    `
v4 = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", config=Config(signature_version="s3v4"))
for method, http in [("put_object", "PUT"), ("get_object", "GET")]:
    url = v4.generate_presigned_url(method, Params={"Bucket": bucket, "Key": "v4 é"}, ExpiresIn=60)
    print("X-Amz-Signature=" in url, fetch(url, http, b"sent" if http == "PUT" else None))`,
    /^True b''\nTrue b'sent'\n$/,
  ],
  [
    "a client of Signature Version 2",
    `
v2 = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", config=Config(signature_version="s3"))
v2.put_object(Bucket=bucket, Key="v2 é", Body=b"v2")
print(v2.get_object(Bucket=bucket, Key="v2 é")["Body"].read(), len(v2.list_objects_v2(Bucket=bucket, Prefix="v2")["Contents"]))`,
    /^b'v2' 1\n$/,
  ],
  [
    "forms of generate_presigned_post, in both schemes",
    `
import urllib3
http = urllib3.PoolManager(ca_certs=os.environ.get("AWS_CA_BUNDLE"))
for scheme in ["s3", "s3v4"]:
    client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", config=Config(signature_version=scheme))
    for size in [4, 100_000]:
        post = client.generate_presigned_post(bucket, scheme + "/\${filename}", Conditions=[["content-length-range", 1, 100_000]])
        body = os.urandom(size)
        sent = http.request("POST", post["url"], fields={**post["fields"], "file": ("a b.bin", body)})
        print(sent.status, s3.get_object(Bucket=bucket, Key=scheme + "/a b.bin")["Body"].read() == body)
        print(http.request("POST", post["url"], fields={**post["fields"], "file": ("c", body + bytes(100_000))}).status)`,
    /^(204 True\n400\n){4}$/,
  ],
  [
    "list_objects_v2 page by page",
    `
for i in range(5): s3.put_object(Bucket=bucket, Key=f"list/é {i}", Body=b"")
pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="list/", PaginationConfig={"PageSize": 2})
print([[entry["Key"] for entry in page["Contents"]] for page in pages])`,
    /^\[\['list\/é 0', 'list\/é 1'\], \['list\/é 2', 'list\/é 3'\], \['list\/é 4'\]\]\n$/,
  ],
  [
    "the resource's delete of everything",
    `
everything = boto3.resource("s3", endpoint_url=endpoint, region_name="us-east-1").Bucket(bucket)
everything.objects.all().delete()
everything.delete()
print(code(s3.head_bucket, Bucket=bucket))`,
    /^404\n$/,
  ],
];

/** Over TLS the same program leaves out Content-Length and sends its checksums as trailers. */
export function boto3(transport: "HTTP" | "TLS"): Client {
  return {
    name: `boto3 over ${transport}`,
    probe: ["python3", "-c", "import boto3"],
    environment: ({ endpoint, bucket, accessKeyId, secretAccessKey, certificate }) => ({
      ENDPOINT: endpoint,
      BUCKET: bucket,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      ...(certificate !== undefined && { AWS_CA_BUNDLE: certificate, SSL_CERT_FILE: certificate }),
    }),
    steps: () =>
      SCRIPTS.map(([name, script, prints]): Step => {
        const command = ["python3", "-c", PRELUDE + script];
        return { name, command, prints };
      }),
  };
}
