import type { Client } from "./client.ts";
import { projectScript, scriptEnvironment } from "./project-script.ts";

/** A browser that opens pages, whose scripts choose a file and send the form, or ask for what is of another origin. */
export const chromium: Client = {
  name: "chromium",
  probe: ["chromium", "--version"],
  environment: scriptEnvironment,
  steps: ({ folder }) => [
    {
      name: "a form with a file, and its redirect",
      command: projectScript(FORM_SCRIPT + browse(folder)),
      prints:
        /^true <p>\/done\?from=form&amp;bucket=bucket&amp;key=photos\/ü 1.txt&amp;etag="[0-9a-f]{32}"<\/p>\n$/,
      timeoutMs: 60_000,
    },
    {
      name: "a page of another origin, by the bucket's CORS rules",
      command: projectScript(CORS_SCRIPT + browse(folder)),
      prints:
        /^<p>put 200 "[0-9a-f]{32}"; form 204 "[0-9a-f]{32}"; get 200 body; none 404 NoSuchKey; delete refused; header refused; other refused<\/p>\n$/,
      timeoutMs: 60_000,
    },
    {
      name: "a website: a folder, its script, a redirect, and its page for errors",
      command: projectScript(WEBSITE_SCRIPT + browse(folder, "start")),
      prints: /^<p>\/docs\/ 200 old 404 sorry<\/p>\n$/,
      timeoutMs: 60_000,
    },
  ],
};

/** Opens the page that `answer` gives, or the one of the expression `start`, and calls `check` with what has become of it. */
function browse(folder: string, start = 'origin() + "/"'): string {
  return `
const pages = require("node:http").createServer(answer).listen(0, "127.0.0.1", () => {
  const options = ["--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir=${folder}/profile",
    "--virtual-time-budget=20000", "--dump-dom", ${start}];
  require("node:child_process").execFile("chromium", options, async (error, page) => {
    await check(page);
    pages.close();
  });
});
function origin() { return "http://127.0.0.1:" + pages.address().port; }
`;
}

const FORM_SCRIPT = `
const { createPresignedPost } = require("@aws-sdk/s3-presigned-post");
await s3.createBucket({ Bucket: bucket });

async function answer(request, response) {
  response.setHeader("content-type", "text/html; charset=utf-8");
  if (request.url.startsWith("/done?")) return response.end("<p>" + decodeURIComponent(request.url) + "</p>");
  const done = origin() + "/done?from=form";
  const { url, fields } = await createPresignedPost(s3, {
    Bucket: bucket,
    Key: "photos/\${filename}",
    Fields: { success_action_redirect: done },
    Conditions: [["content-length-range", 1, 100_000]],
  });
  const inputs = Object.entries(fields).map(([name, value]) => '<input type="hidden" name="' + name + '" value="' + value + '">');
  response.end('<form action="' + url + '" method="post" enctype="multipart/form-data">' + inputs.join("") +
    '<input type="file" name="file" id="chosen"></form><script>' +
    'const transfer = new DataTransfer(); transfer.items.add(new File(["é".repeat(25_000)], "ü 1.txt"));' +
    'chosen.files = transfer.files; document.forms[0].submit();</script>');
}

async function check(page) {
  const { Body } = await s3.getObject({ Bucket: bucket, Key: "photos/ü 1.txt" });
  const isSame = (await Body.transformToString()) === "é".repeat(25_000);
  console.log(isSame, /<p>.*<[/]p>/.exec(page)?.[0].replace(bucket, "bucket"));
}
`;

const CORS_SCRIPT = `
const { createPresignedPost } = require("@aws-sdk/s3-presigned-post");
const { AwsClient } = require("aws4fetch");
const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = process.env;
const signer = new AwsClient({ accessKeyId, secretAccessKey, service: "s3", region: "us-east-1" });
const shared = bucket + "-shared";
await s3.createBucket({ Bucket: shared });
await s3.createBucket({ Bucket: bucket + "-other" });

async function sign(method, key, of = shared) {
  const signed = await signer.sign(endpoint + "/" + of + "/" + key, { method, aws: { signQuery: true } });
  return signed.url;
}

async function answer(request, response) {
  response.setHeader("content-type", "text/html; charset=utf-8");
  const CORSRules = [{
    AllowedOrigins: ["http://127.0.0.1:*"], AllowedMethods: ["GET", "PUT", "POST"],
    AllowedHeaders: ["content-type", "x-amz-*"], ExposeHeaders: ["ETag"],
  }];
  await s3.putBucketCors({ Bucket: shared, CORSConfiguration: { CORSRules } });
  const told = {
    put: await sign("PUT", "k"), get: await sign("GET", "k"),
    none: await sign("GET", "none"), delete: await sign("DELETE", "k"),
    other: await sign("GET", "k", bucket + "-other"),
    form: await createPresignedPost(s3, { Bucket: shared, Key: "form" }),
  };
  response.end("<p></p><script>(" + inPage + ")(" + JSON.stringify(told) + ")</script>");
}

async function inPage(told) {
  const results = [];
  const ask = async (name, url, options, read) => {
    const result = await fetch(url, options).then(read, () => "refused");
    results.push(name + " " + result);
  };
  const etag = async (response) => response.status + " " + response.headers.get("etag");
  const code = async (response) => response.status + " " + ((await response.text()).match(/<Code>(.*)<[/]Code>/) ?? [])[1];
  const form = new FormData();
  for (const [name, value] of Object.entries(told.form.fields)) form.append(name, value);
  form.append("file", new Blob(["form"]));
  await ask("put", told.put, { method: "PUT", body: "body", headers: { "content-type": "text/css" } }, etag);
  await ask("form", told.form.url, { method: "POST", body: form }, etag);
  await ask("get", told.get, {}, async (response) => response.status + " " + await response.text());
  await ask("none", told.none, {}, code);
  await ask("delete", told.delete, { method: "DELETE" }, code);
  await ask("header", told.get, { headers: { "x-other": "1" } }, code);
  await ask("other", told.other, {}, code);
  document.querySelector("p").textContent = results.join("; ");
}

function check(page) {
  console.log(/<p>.*<[/]p>/.exec(page)?.[0]);
}
`;

const WEBSITE_SCRIPT = `
const site = bucket + "-site";
const start = "http://" + site + ".s3-website.localhost:" + new URL(endpoint).port + "/docs";
const put = (Key, Body, ContentType) => s3.putObject({ Bucket: site, Key, Body, ContentType });
await s3.createBucket({ Bucket: site });
await put("docs/index.html", '<p></p><script src="page.js"></script>', "text/html");
await put("docs/page.js", "(" + inPage + ")()", "text/javascript");
await put("new.txt", "old", "text/plain");
await put("error.html", "sorry", "text/html");
await s3.putBucketWebsite({ Bucket: site, WebsiteConfiguration: {
  IndexDocument: { Suffix: "index.html" },
  ErrorDocument: { Key: "error.html" },
  RoutingRules: [{ Condition: { KeyPrefixEquals: "old.txt" }, Redirect: { ReplaceKeyWith: "new.txt" } }],
} });
const everybody = (Action, Resource) => ({ Effect: "Allow", Principal: "*", Action, Resource: "arn:aws:s3:::" + site + Resource });
const Statement = [everybody("s3:GetObject", "/*"), everybody("s3:ListBucket", "")];
await s3.putBucketPolicy({ Bucket: site, Policy: JSON.stringify({ Version: "2012-10-17", Statement }) });

async function inPage() {
  const told = [location.pathname];
  for (const path of ["/old.txt", "/missing"]) {
    const response = await fetch(path);
    told.push(response.status, await response.text());
  }
  document.querySelector("p").textContent = told.join(" ");
}

function answer(request, response) { response.end(); }

function check(page) {
  console.log(/<p>.*<[/]p>/.exec(page)?.[0]);
}
`;
