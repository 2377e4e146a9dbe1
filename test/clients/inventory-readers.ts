import type { Client } from "./client.ts";

/** Waits for a report, and reads it as its users do: by DuckDB, and by pandas. The server's days have two seconds. */
const SCRIPT = `
import json, os, time, boto3, duckdb, pandas
s3 = boto3.client("s3", endpoint_url=os.environ["ENDPOINT"], region_name="us-east-1")
source = os.environ["BUCKET"]; target = source + "-reports"; folder = os.environ["FOLDER"]
for bucket in (source, target): s3.create_bucket(Bucket=bucket)
keys = ["plain", "a b/c+d", 'quoted "x", é']
for i, key in enumerate(keys): s3.put_object(Bucket=source, Key=key, Body=b"x" * (i + 1))
s3.put_bucket_inventory_configuration(Bucket=source, Id="all", InventoryConfiguration={
    "Id": "all", "IsEnabled": True, "IncludedObjectVersions": "Current", "Schedule": {"Frequency": "Daily"},
    "OptionalFields": ["Size", "LastModifiedDate", "ETag", "StorageClass"],
    "Destination": {"S3BucketDestination": {"Bucket": "arn:aws:s3:::" + target, "Format": "CSV"}}})
manifests = []
while not manifests:
    time.sleep(0.2)
    listed = s3.list_objects_v2(Bucket=target).get("Contents", [])
    manifests = [o["Key"] for o in listed if o["Key"].endswith("manifest.checksum")]
body = s3.get_object(Bucket=target, Key=manifests[0].replace(".checksum", ".json"))["Body"].read()
manifest = json.loads(body)
file = os.path.join(folder, "report.csv.gz")
s3.download_file(target, manifest["files"][0]["key"], file)
names = manifest["fileSchema"].split(", ")
frame = pandas.read_csv(file, header=None, names=names, parse_dates=["LastModifiedDate"])
print(len(frame), int(frame.Size.sum()), set(frame.StorageClass))
from urllib.parse import unquote
print(sorted(unquote(key) for key in frame.Key) == sorted(keys))
print(duckdb.sql(f"SELECT count(*), sum(Size)::INT, min(LastModifiedDate) > '2020-01-01' FROM read_csv('{file}', header=false, names={names})").fetchall())
`;

export const inventoryReaders: Client = {
  name: "DuckDB and pandas",
  probe: ["python3", "-c", "import boto3, duckdb, pandas"],
  environment: ({ endpoint, bucket, accessKeyId, secretAccessKey, folder }) => ({
    ENDPOINT: endpoint,
    BUCKET: bucket,
    FOLDER: folder,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  }),
  steps: () => [
    {
      name: "read a report of a bucket's inventory",
      command: ["python3", "-c", SCRIPT],
      prints: /^3 6 \{'STANDARD'\}\nTrue\n\[\(3, 6, True\)\]\n$/,
      timeoutMs: 60_000,
    },
  ],
};
