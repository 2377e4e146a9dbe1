import type { Client } from "./client.ts";
import { projectScript, scriptEnvironment } from "./project-script.ts";

/** A browser that opens a page, whose script chooses a file and sends the form, and that is sent on to another page. */
export const chromium: Client = {
  name: "chromium",
  probe: ["chromium", "--version"],
  environment: scriptEnvironment,
  steps: ({ folder }) => [
    {
      name: "a form with a file, and its redirect",
      command: projectScript(`
const { createPresignedPost } = require("@aws-sdk/s3-presigned-post");
await s3.createBucket({ Bucket: bucket });
const pages = require("node:http").createServer(answer).listen(0, "127.0.0.1", browse);
const origin = () => "http://127.0.0.1:" + pages.address().port;

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

function browse() {
  const options = ["--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir=${folder}/profile",
    "--virtual-time-budget=20000", "--dump-dom", origin() + "/"];
  require("node:child_process").execFile("chromium", options, async (error, page) => {
    const { Body } = await s3.getObject({ Bucket: bucket, Key: "photos/ü 1.txt" });
    const isSame = (await Body.transformToString()) === "é".repeat(25_000);
    console.log(isSame, /<p>.*<[/]p>/.exec(page)?.[0].replace(bucket, "bucket"));
    pages.close();
  });
}`),
      prints:
        /^true <p>\/done\?from=form&amp;bucket=bucket&amp;key=photos\/ü 1.txt&amp;etag="[0-9a-f]{32}"<\/p>\n$/,
      timeoutMs: 60_000,
    },
  ],
};
