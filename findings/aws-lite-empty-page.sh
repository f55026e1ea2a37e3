#!/bin/bash
# aws-lite-empty-page - a page without items ends a list, though the service says that there is more.
#
# Version    @aws-lite/client 0.23.7 with @aws-lite/cloudwatch-logs 0.1.0 (npm), beside
#            @aws-sdk/client-cloudwatch-logs 3.1169.0.
# Behaviour  AWS documents of GetLogEvents that a page may be empty and is not the last one for that: it
#            goes on as long as there is a new token. "paginate: true" of aws-lite takes the first empty
#            page for the end of any list, without a word, and what stands behind it is missing;
#            paginate: "iterator" of the same call goes on, as the AWS SDK's paginators do.
# Seen       Pages [a], [], [b]: true: a. "iterator": a, b. AWS SDK: a, b. One would expect a, b.
#            The same for DescribeLogGroups.
#
# Needs npm, node and the network of npm's packages; installs into a temporary folder.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund @aws-lite/client@0.23.7 @aws-lite/cloudwatch-logs@0.1.0 \
    @aws-sdk/client-cloudwatch-logs@3.1169.0 >npm.log 2>&1 || { cat npm.log; echo "cannot install from npm"; exit 77; }
cat >ask.mjs <<'JS'
import http from "node:http";
import awsLite from "@aws-lite/client";
import * as sdk from "@aws-sdk/client-cloudwatch-logs";
// Three pages, the second of them empty; after the last one of GetLogEvents the token stays as it is.
const page = (items, field, token) => ({ [field]: items, ...token });
const answers = {
    GetLogEvents: (i) => page([["a"], [], ["b"], []][i].map((message) => ({ message, timestamp: 1 })), "events",
        { nextForwardToken: `${Math.min(i + 1, 3)}` }),
    DescribeLogGroups: (i) => page([["a"], [], ["b"]][i].map((logGroupName) => ({ logGroupName })), "logGroups",
        i < 2 ? { nextToken: `${i + 1}` } : {}),
};
const server = http.createServer(async (request, response) => {
    const body = JSON.parse(Buffer.concat(await request.toArray()));
    response.setHeader("content-type", "application/x-amz-json-1.1");
    response.end(JSON.stringify(answers[request.headers["x-amz-target"].split(".")[1]](Number(body.nextToken ?? 0))));
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const endpoint = `http://127.0.0.1:${server.address().port}`, region = "eu-central-1";
const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "example" };
const lite = await awsLite({ endpoint, region, ...credentials, plugins: [import("@aws-lite/cloudwatch-logs")] });
const client = new sdk.CloudWatchLogsClient({ endpoint, region, credentials });
const names = (answer) => (answer.events ?? answer.logGroups).map((item) => item.message ?? item.logGroupName);
async function all(pages) {
    const found = [];
    for await (const answer of pages) found.push(...names(answer));
    return found.join(" ");
}
const inputs = { GetLogEvents: { logGroupName: "g", logStreamName: "s", startFromHead: true }, DescribeLogGroups: {} };
for (const [call, input] of Object.entries(inputs)) {
    console.log(`${call}, true: ${names(await lite.CloudWatchLogs[call]({ ...input, paginate: true })).join(" ")}`);
    console.log(`${call}, iterator: ${await all(await lite.CloudWatchLogs[call]({ ...input, paginate: "iterator" }))}`);
    console.log(`${call}, AWS SDK: ${await all(sdk[`paginate${call}`]({ client, stopOnSameToken: true }, input))}`);
}
server.close();
server.closeAllConnections();
JS
node --no-warnings ask.mjs | tee seen
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
GetLogEvents, true: a
GetLogEvents, iterator: a b
GetLogEvents, AWS SDK: a b
DescribeLogGroups, true: a
DescribeLogGroups, iterator: a b
DescribeLogGroups, AWS SDK: a b
END
