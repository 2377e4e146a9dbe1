import { expect, test } from "vitest";
import { expectError, putObject, signedFetch, uniqueBucket } from "../support/client.ts";

const REQUEST =
  "<RestoreRequest><Days>3</Days><GlacierJobParameters><Tier>Bulk</Tier></GlacierJobParameters></RestoreRequest>";

function restore(bucket: string, key: string, body = REQUEST): Promise<Response> {
  return signedFetch("POST", `/${bucket}/${key}`, { query: { restore: "" }, body });
}

function putAs(bucket: string, storageClass: string): Promise<Response> {
  return putObject(bucket, "k", "body", { "x-amz-storage-class": storageClass });
}

test.for(["GLACIER", "DEEP_ARCHIVE"])(
  "an object of the class %s is restored as soon as it is there",
  async (storageClass) => {
    const bucket = await uniqueBucket();
    await putAs(bucket, storageClass);
    const answer = await restore(bucket, "k");
    expect(answer.status, await answer.text()).toBe(200);
    for (const method of ["HEAD", "GET"]) {
      const response = await signedFetch(method, `/${bucket}/k`);
      expect(response.headers.get("x-amz-restore")).toMatch(
        /^ongoing-request="false", expiry-date="[^"]+ GMT"$/,
      );
    }
  },
);

test.for(["STANDARD", "STANDARD_IA", "GLACIER_IR", "INTELLIGENT_TIERING"])(
  "an object of the class %s needs no restore, and is refused one",
  async (storageClass) => {
    const bucket = await uniqueBucket();
    await putAs(bucket, storageClass);
    const document = await expectError(await restore(bucket, "k"), 403, "InvalidObjectState");
    expect(document).toContain("Restore is not allowed for the object's current storage class");
    expect(document).toContain(`<StorageClass>${storageClass}</StorageClass>`);
    const head = await signedFetch("HEAD", `/${bucket}/k`);
    expect(head.headers.get("x-amz-restore")).toBeNull();
  },
);

test("an object that is not there is not restored", async () => {
  await expectError(await restore(await uniqueBucket(), "none"), 404, "NoSuchKey");
});

test.for([
  "<RestoreRequest/>",
  "<RestoreRequest><Days>0</Days></RestoreRequest>",
  "<RestoreRequest><Days>1</Days><Tier>Soon</Tier></RestoreRequest>",
])("a restore that asks for %j is refused", async (body) => {
  const bucket = await uniqueBucket();
  await putAs(bucket, "GLACIER");
  await expectError(await restore(bucket, "k", body), 400, "MalformedXML");
});

test("a query in place of a restore is not implemented", async () => {
  const bucket = await uniqueBucket();
  await putAs(bucket, "GLACIER");
  const body = "<RestoreRequest><Type>SELECT</Type></RestoreRequest>";
  await expectError(await restore(bucket, "k", body), 501, "NotImplemented");
});
