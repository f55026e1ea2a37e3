#!/bin/bash
# dynamodb-lock-client-answers - a lost or late answer leaves its lock behind.
#
# Version    dynamodb-lock-client 0.7.3 with aws-sdk 2.1693.0 and dynalite 4.0.0 (npm).
# Behaviour  FailClosed: the answer to the request that takes a free lock is lost once, after the
#            service has acted on it. The SDK sends the request again, as it does by default, and is
#            told that the item exists. The client does not look whose it is: acquireLock fails, the
#            item stays, and since nobody knows its guid nobody can release it any more.
#            FailOpen: release() while a heartbeat has been applied and its answer is on its way
#            compares with the guid from before that heartbeat; the refusal is taken for "somebody
#            else has it by now". release() reports success, and the lock stays for a whole lease.
# Seen       FailClosed: FailedToAcquireLock, then and for ever, on a lock that nobody holds.
#            FailOpen, a lease of 6 s: released without an error, entered by the next 6 s later.
#            One would expect the own guid in the item to be recognized, in both.
#
# Needs npm and the network of its packages; installs into a temporary folder.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund dynamodb-lock-client@0.7.3 \
    aws-sdk@2.1693.0 dynalite@4.0.0 >npm.log 2>&1 || { cat npm.log; echo "cannot install from npm"; exit 77; }

cat >lost.js <<'END'
const net = require("net"), dynalite = require("dynalite"), AWS = require("aws-sdk");
const locks = require("dynamodb-lock-client");
AWS.config.update({ region: "eu-central-1", accessKeyId: "demo", secretAccessKey: "demo" });

let lose = 0, late_ms = 0; // answers that are still to be lost; how late they come
const server = dynalite({ createTableMs: 0 });
const relay = net.createServer(client => {
    const service = net.connect(server.address().port, "127.0.0.1");
    client.on("data", data => service.write(data));
    service.on("data", data => {
        if (lose > 0) {
            lose--;
            client.destroy();
            service.destroy();
        } else
            setTimeout(() => client.destroyed || client.write(data), late_ms);
    });
    client.on("error", () => {}).on("close", () => service.destroy());
    service.on("error", () => {}).on("close", () => setTimeout(() => client.destroy(), late_ms + 100));
});
const listen = what => new Promise(done => what.listen(0, "127.0.0.1", done));
const pause = ms => new Promise(done => setTimeout(done, ms));
const call = (object, name, ...words) =>
    new Promise(done => object[name](...words, (error, value) => done([error ? error.code : "done", value])));

(async () => {
    await listen(server);
    await listen(relay);
    const service = new AWS.DynamoDB({ endpoint: "http://127.0.0.1:" + relay.address().port });
    const table = { TableName: "locks", BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
        KeySchema: [{ AttributeName: "id", KeyType: "HASH" }] };
    await service.createTable(table).promise();
    await service.waitFor("tableExists", { TableName: "locks" }).promise();
    const settings = { dynamodb: new AWS.DynamoDB.DocumentClient({ service }), lockTable: "locks",
        partitionKey: "id", retryCount: 1 };

    const closed = new locks.FailClosed({ ...settings, acquirePeriodMs: 100 });
    lose = 1;
    const [first] = await call(closed, "acquireLock", "a");
    const [second] = await call(closed, "acquireLock", "a");

    late_ms = 200;
    const open = new locks.FailOpen({ ...settings, heartbeatPeriodMs: 500, leaseDurationMs: 6000 });
    const [, lock] = await call(open, "acquireLock", "b");
    await pause(600); // the heartbeat was sent after 500 ms; its answer comes after 700
    const [released] = await call(lock, "release");
    await pause(1000);
    late_ms = 0;
    const since = Date.now();
    const [next] = await call(open, "acquireLock", "b");
    console.log(`FailClosed, one answer lost: ${first}; tried again: ${second}`);
    console.log(`FailOpen: release: ${released}; the next: ${next}, after ${Math.floor((Date.now() - since) / 1000)} s`);
    process.exit();
})();
END
AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE=1 timeout 120 node lost.js | tee seen
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
FailClosed, one answer lost: FailedToAcquireLock; tried again: FailedToAcquireLock
FailOpen: release: done; the next: done, after 6 s
END
