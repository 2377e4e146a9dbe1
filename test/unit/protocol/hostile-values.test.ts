import { test } from "vitest";
import { addressOf } from "../../../src/http/address.ts";
import { matchesGlob, parseGlob } from "../../../src/lib/glob.ts";
import { spacedHex } from "../../../src/lib/hex.ts";
import { parseHttpDate, parseIsoDate } from "../../../src/lib/http-date.ts";
import { parseAddressRange } from "../../../src/lib/ip.ts";
import { isHeaderName, isHeaderValue } from "../../../src/lib/header-text.ts";
import { decodeRfc2047, encodeRfc2047 } from "../../../src/lib/rfc2047.ts";
import { JsonSyntaxError, parseStrictJson } from "../../../src/lib/strict-json.ts";
import { recodePath, recodeQueryPart } from "../../../src/lib/uri.ts";
import { urlEncode } from "../../../src/lib/url-encoding.ts";
import { parseXml } from "../../../src/lib/xml-reader.ts";
import { writeXml } from "../../../src/lib/xml-writer.ts";
import { routeKey } from "../../../src/operations/route-key.ts";
import {
  parseAnnotationName,
  parseListAnnotations,
} from "../../../src/protocol/annotation-parameters.ts";
import { readAcl } from "../../../src/protocol/acl/acl-document.ts";
import { parseGrantHeaders } from "../../../src/protocol/acl/grant-headers.ts";
import { checkNewBucketName } from "../../../src/protocol/bucket-name.ts";
import { compileCors, corsHeaders, corsQuestion } from "../../../src/protocol/cors/cors-match.ts";
import * as checksums from "../../../src/protocol/checksums.ts";
import { formFields, headersOfForm } from "../../../src/protocol/form/form-fields.ts";
import { boundaryOf } from "../../../src/protocol/form/form-head.ts";
import { partNamed } from "../../../src/protocol/form/form-part.ts";
import { parsePostPolicy } from "../../../src/protocol/form/post-policy.ts";
import { evaluateRead, isRangeCurrent } from "../../../src/protocol/read-conditions.ts";
import { parseWriteConditions } from "../../../src/protocol/write-conditions.ts";
import { decodeToken } from "../../../src/protocol/continuation-token.ts";
import { parseCopySource, parseRenameSource } from "../../../src/protocol/copy-source.ts";
import * as listing from "../../../src/protocol/listing-parameters.ts";
import {
  parseListMultipartUploads,
  parseListParts,
} from "../../../src/protocol/multipart-parameters.ts";
import { parseObjectAttributes } from "../../../src/protocol/object-attributes.ts";
import { parseLockEnabled, parseLockHeaders } from "../../../src/protocol/object-lock.ts";
import { checkExpectedBucketOwner } from "../../../src/protocol/owner.ts";
import { parsePolicyDate } from "../../../src/protocol/policy/policy-date.ts";
import { parseOperator } from "../../../src/protocol/policy/operators.ts";
import { parsePattern } from "../../../src/protocol/policy/pattern.ts";
import { parsePrincipals } from "../../../src/protocol/policy/principals.ts";
import { splitArn, splitArnGlob } from "../../../src/protocol/policy/arn.ts";
import { parseCopyRange, parsePartNumber, parseRange } from "../../../src/protocol/range.ts";
import {
  applyResponseOverrides,
  parseStoredHeaders,
} from "../../../src/protocol/stored-headers.ts";
import { parseTaggingHeader, readTagging } from "../../../src/protocol/tags.ts";
import { checkVersionId } from "../../../src/protocol/version-id.ts";
import { parseWriteOffset } from "../../../src/protocol/write-offset.ts";
import { ASCII_TEXTS, expectLinear, type Preparation, TEXTS } from "../../support/hostile.ts";

const OBJECT = { etag: "e", lastModifiedMs: 0 };
const NO_HEADERS = new Headers();
const FORM = {
  fileName: "${filename}",
  sizeBytes: 0,
  rest: new Uint8Array(),
  delimiter: Buffer.alloc(0),
};

const CORS_RULES = compileCors({
  CORSRule: [
    {
      ID: undefined,
      AllowedOrigin: ["a*a"],
      AllowedMethod: ["GET"],
      AllowedHeader: Array.from({ length: 1000 }, (_, i) => `a*${i}`),
      MaxAgeSeconds: undefined,
      ExposeHeader: [],
    },
  ],
});

function shareWith(headers: Headers): unknown {
  const question = corsQuestion(new Headers([["origin", "aa"], ...headers]), "GET");
  return question && corsHeaders(CORS_RULES, question);
}

/** By header name. */
const HEADERS: Readonly<Record<string, (headers: Headers) => unknown>> = {
  "access-control-request-headers": shareWith,
  "cache-control": parseStoredHeaders,
  "content-encoding": parseStoredHeaders,
  "content-md5": checksums.parseContentMd5,
  host: (headers) => addressOf(new Request("http://h/", { headers }), "s3.example.com"),
  "if-match": (headers) => evaluateRead(headers, OBJECT),
  "if-modified-since": (headers) => evaluateRead(headers, OBJECT),
  "if-none-match": parseWriteConditions,
  "if-range": (headers) => isRangeCurrent(headers, OBJECT),
  origin: shareWith,
  range: (headers) => parseRange(headers.get("range")),
  "x-amz-bucket-object-lock-enabled": parseLockEnabled,
  "x-amz-checksum-algorithm": checksums.parseChecksumAlgorithm,
  "x-amz-checksum-sha256": checksums.parseExpectedChecksum,
  "x-amz-copy-source": parseCopySource,
  "x-amz-copy-source-range": (headers) => parseCopyRange(headers),
  "x-amz-expected-bucket-owner": (headers) => checkExpectedBucketOwner(headers, "123456789012"),
  "x-amz-grant-read": parseGrantHeaders,
  "x-amz-meta-a": parseStoredHeaders,
  "x-amz-object-attributes": parseObjectAttributes,
  "x-amz-object-lock-legal-hold": (headers) => parseLockHeaders(headers, 0),
  "x-amz-optional-object-attributes": (headers) =>
    listing.parseListObjects(new URLSearchParams(), headers),
  "x-amz-rename-source": parseRenameSource,
  "x-amz-sdk-checksum-algorithm": checksums.parseExpectedChecksum,
  "x-amz-tagging": parseTaggingHeader,
  "x-amz-trailer": checksums.parseExpectedChecksum,
  "x-amz-website-redirect-location": parseStoredHeaders,
  "x-amz-write-offset-bytes": parseWriteOffset,
};

/** By parameter name. */
const PARAMETERS: Readonly<Record<string, (query: URLSearchParams) => unknown>> = {
  "annotation-prefix": parseListAnnotations,
  annotationName: parseAnnotationName,
  "continuation-token": (query) => listing.parseListObjectsV2(query, NO_HEADERS),
  "max-buckets": listing.parseListBuckets,
  "max-keys": (query) => listing.parseListObjects(query, NO_HEADERS),
  "max-parts": parseListParts,
  "max-uploads": parseListMultipartUploads,
  partNumber: (query) => parsePartNumber(query.get("partNumber") ?? ""),
  "response-content-type": (query) => applyResponseOverrides({}, query),
  versionId: (query) => checkVersionId(query.get("versionId")),
  "version-id-marker": (query) => {
    query.set("key-marker", "a");
    return listing.parseListObjectVersions(query, NO_HEADERS);
  },
};

const TEXT: Readonly<Record<string, (text: string) => unknown>> = {
  "a new bucket's name": checkNewBucketName,
  "a continuation token": decodeToken,
  "an ACL's document": (text) =>
    readAcl(Buffer.from(`<AccessControlPolicy>${text}</AccessControlPolicy>`)),
  "an address": parseAddressRange,
  "an ARN": splitArn,
  "an ARN's pattern": (text) => splitArnGlob(parseGlob(text)),
  "a date of a policy": parsePolicyDate,
  "a number of a policy": numberOf,
  "a pattern of a policy": (text) => parsePattern(text, { hasVariables: true, hasWildcards: true }),
  "a pattern, against itself": (text) => matchesGlob(parseGlob(`*${text.slice(0, 20_000)}x`), text),
  "a principal": (text) =>
    parsePrincipals(
      new Map([
        ["AWS", [text]],
        ["Service", [text]],
      ]),
    ),
  "a document": parseXml,
  "a document's attributes": (text) => parseXml(`<a ${text}/>`),
  "a document's elements": (text) => readTagging(Buffer.from(`<Tagging>${text}</Tagging>`)),
  "a text of JSON": (text) => parsedJson(JSON.stringify([text])),
  JSON: (text) => parsedJson(text),
  "a range of bytes": (text) => parseRange(`bytes=${text}`),
  "a form's type": (text) => boundaryOf(`multipart/form-data;${text}`),
  "a form's part": (text) => partNamed(`Content-Disposition: form-data;${text}`),
  "a form's policy": (text) => parsePostPolicy(Buffer.from(text).toString("base64")),
  "a form's policy in base64": parsePostPolicy,
  "a form's field": (text) => formFields({ ...FORM, fields: [{ name: text, value: text }] }),
  "a form's metadata": (text) => headersOfForm(new Map([["x-amz-meta-a", text]]), NO_HEADERS),
  "a form's tags": (text) => headersOfForm(new Map([["tagging", text]]), NO_HEADERS),
  "a header's name": isHeaderName,
  "a header's value": isHeaderValue,
  "an encoded word": (text) => decodeRfc2047(`=?UTF-8?Q?${text}?=`),
  "an encoded word of base64": (text) => decodeRfc2047(`=?UTF-8?B?${text}?=`),
  "an HTTP date": parseHttpDate,
  "an ISO date": parseIsoDate,
  "the parameters that select": (text) =>
    routeKey("GET", "bucket", new URLSearchParams(text), NO_HEADERS),
  "the names of trailers": (text) => checksums.trailerChecksumAlgorithm(text.split(",")),
  "a path that is encoded anew": recodePath,
  "a query that is encoded anew": recodeQueryPart,
  "a key in a listing": urlEncode,
  "metadata in an answer": encodeRfc2047,
  "the bytes in an error": spacedHex,
  "the text in an error": (text) => writeXml(["Error", [["Message", text]]]),
};

function numberOf(text: string): unknown {
  const comparison = parseOperator("NumericEquals")?.comparison;
  return comparison?.kind === "typed" && comparison.matcher([text]);
}

function parsedJson(text: string): unknown {
  try {
    return parseStrictJson(text, 8);
  } catch (error) {
    if (error instanceof JsonSyntaxError) return error;
    throw error;
  }
}

const CASES: readonly { name: string; prepare: Preparation; texts: readonly string[] }[] = [
  ...Object.entries(HEADERS).map(([name, parse]) => ({
    name: `the header ${name}`,
    prepare: (text: string) => {
      const headers = new Headers({ [name]: text });
      return () => parse(headers);
    },
    texts: ASCII_TEXTS,
  })),
  ...Object.entries(PARAMETERS).map(([name, parse]) => ({
    name: `the parameter ${name}`,
    prepare: (text: string) => {
      const query = new URLSearchParams({ [name]: text });
      return () => parse(query);
    },
    texts: TEXTS,
  })),
  ...Object.entries(TEXT).map(([name, parse]) => ({
    name,
    prepare: (text: string) => () => parse(text),
    texts: TEXTS,
  })),
];

test.for(CASES)("60,000 hostile characters in $name take milliseconds", ({ prepare, texts }) => {
  expectLinear(prepare, texts);
});
