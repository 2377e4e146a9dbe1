import { expect, test } from "vitest";
import { checkSignedRegion } from "../../../src/domain/signed-region.ts";
import {
  AMZ_DATE,
  authenticated,
  authorization,
  errorOf,
  HOST,
  s3Request,
  signCanonical,
  signed,
} from "./auth/requests.ts";

test.for(["eu-west-1", "eu-north-1", "us-east-1", "auto"])(
  "a request signed for %s is taken for a bucket of eu-west-1 in a deployment of eu-north-1",
  async (region) => {
    const { signedRegion } = authenticated(await signed({ region }));
    expect(() => checkSignedRegion(signedRegion, "eu-west-1", "eu-north-1")).not.toThrow();
  },
);

test("a request signed for no region, as libcloud's are by default, is taken", () => {
  const scope = "20261123//s3/aws4_request";
  const names = "host;x-amz-content-sha256;x-amz-date";
  const hash = "UNSIGNED-PAYLOAD";
  const lines = `host:${HOST}\nx-amz-content-sha256:${hash}\nx-amz-date:${AMZ_DATE}\n`;
  const signature = signCanonical(`GET\n/bucket/key\n\n${lines}\n${names}\n${hash}`, scope);
  const headers = {
    "x-amz-content-sha256": hash,
    "x-amz-date": AMZ_DATE,
    authorization: authorization(names, signature, scope),
  };
  const { signedRegion } = authenticated(s3Request({ headers }));
  expect(signedRegion?.region).toBe("");
  expect(() => checkSignedRegion(signedRegion, "eu-west-1", "eu-north-1")).not.toThrow();
});

test.for([
  {
    presign: false,
    code: "AuthorizationHeaderMalformed",
    message:
      "The authorization header is malformed; the region 'ap-south-1' is wrong; expecting 'eu-west-1'",
  },
  {
    presign: true,
    code: "AuthorizationQueryParametersError",
    message:
      "Error parsing the X-Amz-Credential parameter; the region 'ap-south-1' is wrong; expecting 'eu-west-1'",
  },
])("a third region is $code, which names the right one", async ({ presign, code, message }) => {
  const { signedRegion } = authenticated(await signed({ region: "ap-south-1", presign }));
  const error = errorOf(() => checkSignedRegion(signedRegion, "eu-west-1", "eu-north-1"));
  expect({ code: error.code, message: error.message, status: error.status }).toEqual({
    code,
    message,
    status: 400,
  });
  expect(error.fields).toEqual({ Region: "eu-west-1" });
  expect(error.headers).toEqual({ "x-amz-bucket-region": "eu-west-1" });
});
