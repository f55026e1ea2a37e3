#!/bin/bash
# cloudwatch-rejected-events - three loggers for CloudWatch Logs lose what the service has refused.
#
# Version    winston-cloudwatch 6.3.0 and winston-aws-cloudwatch 3.0.0 (with winston 3.19.0), and
#            @logtape/cloudwatch-logs 2.3.7 (with @logtape/logtape 2.4.2) (npm).
# Behaviour  PutLogEvents answers 200 also if it has stored nothing: rejectedLogEventsInfo says
#            which events were too old (14 days, or the group's retention) or too new (2 hours). All three
#            look at failures only. On a host whose clock is three hours ahead the SDK signs by the
#            service's clock, so that requests are accepted, and not one line of the log arrives; no
#            error handler, event or logger for errors hears of it. Their READMEs do not speak of it.
# Seen       Against a small stand-in, which counts as AWS documents, with a clock three hours behind:
#            none stored, nothing reported, by all three. With the right clock: stored. If it refuses
#            the whole request (InvalidParameterException): reported by all three.
#
# Needs npm, node and the network of npm's packages; installs into a temporary folder.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund --legacy-peer-deps winston@3.19.0 winston-cloudwatch@6.3.0 \
    winston-aws-cloudwatch@3.0.0 @logtape/logtape@2.4.2 @logtape/cloudwatch-logs@2.3.7 \
    @aws-sdk/client-cloudwatch-logs@3.1169.0 >npm.log 2>&1 || { cat npm.log; echo "cannot install from npm"; exit 77; }

cat >log.mjs <<'JS'
import http from "http";
import winston from "winston";
import WinstonCloudWatch from "winston-cloudwatch";
import CloudWatchTransport from "winston-aws-cloudwatch";
import { configure, getLogger } from "@logtape/logtape";
import { getCloudWatchLogsSink } from "@logtape/cloudwatch-logs";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";

const HOUR = 3600 * 1000;
let behind = 0, refuses = false; // the stand-in's clock, and its mood
let line = "", asked = 0, stored = 0, reported = 0; // what becomes of the line
const answers = {
    DescribeLogGroups: () => ({ logGroups: [{ logGroupName: "group" }] }),
    DescribeLogStreams: () => ({ logStreams: [{ logStreamName: "stream" }] }),
    PutLogEvents: ({ logEvents }) => {
        const good = logEvents.filter((event) => event.timestamp <= Date.now() - behind + 2 * HOUR);
        stored += good.filter((event) => event.message.includes(line)).length;
        return good.length === logEvents.length ? {} : { rejectedLogEventsInfo: { tooNewLogEventStartIndex: good.length } };
    },
};
const server = http.createServer((request, response) => {
    let text = "";
    request.on("data", (data) => { text += data; }).on("end", () => {
        const operation = request.headers["x-amz-target"].split(".")[1];
        if (operation === "PutLogEvents" && text.includes(line)) asked++;
        const bad = refuses && operation === "PutLogEvents";
        const answer = bad ? { __type: "InvalidParameterException", message: "no" } : (answers[operation] ?? (() => ({})))(JSON.parse(text));
        response.writeHead(bad ? 400 : 200, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify(answer));
    });
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const endpoint = `http://127.0.0.1:${server.address().port}`;
const pause = (ms) => new Promise((over) => setTimeout(over, ms));
const report = () => { reported++; };

const first = new WinstonCloudWatch({ logGroupName: "group", logStreamName: "stream", uploadRate: 100,
    awsOptions: { endpoint, region: "eu-central-1" }, errorHandler: report });
const second = new CloudWatchTransport({ logGroupName: "group", logStreamName: "stream", submissionInterval: 100,
    awsConfig: { endpoint, region: "eu-central-1" } });
second.on("error", report);
const logger = (transport) => winston.createLogger({ transports: [transport] }).on("error", report);
const client = new CloudWatchLogsClient({ endpoint, region: "eu-central-1" });
await configure({
    sinks: {
        cloud: getCloudWatchLogsSink({ client, logGroupName: "group", logStreamName: "stream", flushInterval: 100 }),
        meta: (record) => { if (record.level !== "info") reported++; },
    },
    loggers: [{ category: "app", sinks: ["cloud"], lowestLevel: "info" }, { category: ["logtape", "meta"], sinks: ["meta"] }],
});
const [winston1, winston2] = [logger(first), logger(second)];
const loggers = {
    "winston-cloudwatch": (line) => winston1.info(line),
    "winston-aws-cloudwatch": (line) => winston2.info(line),
    "@logtape/cloudwatch-logs": (line) => getLogger("app").info(line),
};
for (const [name, say] of Object.entries(loggers)) {
    const seen = [];
    for (const [mood, clock, no] of [["right clock", 0, false], ["3 h behind", 3 * HOUR, false], ["refused", 0, true]]) {
        behind = clock, refuses = no, asked = stored = reported = 0;
        line = `deployed, says ${name}, ${mood}`;
        say(line);
        for (let i = 0; i < 200 && !asked; i++) await pause(50);
        await pause(1500); // for what comes of the answer
        seen.push(`${mood}: ${asked ? "" : "not asked, "}${stored} stored, ${reported ? "reported" : "nothing reported"}`);
    }
    console.log(`${name}: ${seen.join("; ")}`);
}
process.exit();
JS
export AWS_ACCESS_KEY_ID=AKIDEXAMPLE AWS_SECRET_ACCESS_KEY=example AWS_EC2_METADATA_DISABLED=true
timeout 100 node --no-warnings log.mjs | tee seen
told='right clock: 1 stored, nothing reported; 3 h behind: 0 stored, nothing reported; refused: 0 stored, reported'
printf "%s: $told\n" winston-cloudwatch winston-aws-cloudwatch @logtape/cloudwatch-logs | diff - seen ||
    { echo "changed: this is no longer what the header says"; exit 1; }
