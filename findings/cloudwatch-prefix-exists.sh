#!/bin/bash
# cloudwatch-prefix-exists - a log group is there, think two loggers, if another one's name begins like it.
#
# Version    lawgs 1.0.4 (the one within log4js-cloudwatch-appender 1.1.0) and bunyan-cloudwatch 2.2.0 (npm),
#            with aws-sdk 2.1693.0.
# Behaviour  Both make what they log to, if it is not there. They ask DescribeLogGroups or DescribeLogStreams,
#            which list what begins with a name, and take any answer for the name itself: lawgs does
#            not make group "deploy" where "deploy/1" is, bunyan-cloudwatch not stream "web" where "web-2" is.
#            Each PutLogEvents is refused from then on, ResourceNotFoundException, and nothing is
#            stored for as long as the program runs. On an empty account all is well.
# Seen       Against a small stand-in: nothing there: made, 1 stored. "deploy/1" or "web-2" there: not made,
#            0 stored. One would expect 1.
#
# Needs npm, node and the network of npm's packages; installs into a temporary folder.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts log4js-cloudwatch-appender@1.1.0 lawgs@1.0.4 \
    bunyan-cloudwatch@2.2.0 bunyan@1.8.15 aws-sdk@2.1693.0 >npm.log 2>&1 ||
    { cat npm.log; echo "cannot install from npm"; exit 77; }
cat >log.js <<'JS'
// log.js LIBRARY [THERE]: logs one line where only THERE exists, and tells what became of it
const http = require("http");
const [library, there] = process.argv.slice(2);
const groups = new Set(library === "lawgs" ? [there] : ["deploy"]), streams = new Set(library === "lawgs" ? [] : [there]);
let asked = 0, stored = 0;
const missing = { __type: "ResourceNotFoundException", message: "The specified log group or stream does not exist." };
const startingWith = (names, prefix) => [...names].filter((name) => name && name.startsWith(prefix)).sort();
const operations = {
    CreateLogGroup: ({ logGroupName }) => { groups.add(logGroupName); return {}; },
    CreateLogStream: ({ logGroupName, logStreamName }) => {
        if (!groups.has(logGroupName)) return missing;
        streams.add(logStreamName);
        return {};
    },
    DescribeLogGroups: ({ logGroupNamePrefix }) =>
        ({ logGroups: startingWith(groups, logGroupNamePrefix).map((logGroupName) => ({ logGroupName })) }),
    DescribeLogStreams: ({ logGroupName, logStreamNamePrefix }) => !groups.has(logGroupName) ? missing :
        { logStreams: startingWith(streams, logStreamNamePrefix).map((logStreamName) => ({ logStreamName })) },
    PutLogEvents: ({ logGroupName, logStreamName, logEvents }) => {
        asked++;
        if (!groups.has(logGroupName) || !streams.has(logStreamName)) return missing;
        stored += logEvents.length;
        return {};
    },
};
const server = http.createServer(async (request, response) => {
    const body = JSON.parse(Buffer.concat(await request.toArray()));
    const answer = operations[request.headers["x-amz-target"].split(".")[1]](body);
    response.writeHead(answer === missing ? 400 : 200, { "content-type": "application/x-amz-json-1.1" });
    response.end(JSON.stringify(answer));
}).listen(0, "127.0.0.1", async () => {
    const aws = { endpoint: `http://127.0.0.1:${server.address().port}`, region: "eu-central-1",
        accessKeyId: "AKIDEXAMPLE", secretAccessKey: "example", maxRetries: 0 };
    if (library === "lawgs") {
        console.log = console.error = () => {}; // it tells its errors there
        const lawgs = require("lawgs");
        lawgs.config({ aws });
        const logger = lawgs.getOrCreate("deploy");
        logger.config({ uploadMaxTimer: 100 });
        logger.log("web", "deployed");
    } else {
        const stream = require("bunyan-cloudwatch")({ logGroupName: "deploy", logStreamName: "web",
            cloudWatchLogsOptions: aws });
        stream.onError = () => {};
        require("bunyan").createLogger({ name: "job", streams: [{ stream, type: "raw" }] }).info("deployed");
    }
    for (let i = 0; i < 300 && !asked; i++) await new Promise((over) => setTimeout(over, 50));
    process.stdout.write(`${library}, there: ${there ?? "nothing"}: ${asked ? `${stored} stored` : "not asked"}\n`);
    process.exit();
});
JS
export AWS_EC2_METADATA_DISABLED=true AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE=1
for run in lawgs 'lawgs deploy/1' bunyan-cloudwatch 'bunyan-cloudwatch web-2'; do
    # shellcheck disable=SC2086 # two words
    timeout 60 node --no-warnings log.js $run
done | tee seen
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
lawgs, there: nothing: 1 stored
lawgs, there: deploy/1: 0 stored
bunyan-cloudwatch, there: nothing: 1 stored
bunyan-cloudwatch, there: web-2: 0 stored
END
