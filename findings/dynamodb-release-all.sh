#!/bin/bash
# dynamodb-release-all - releaseAllLocks() of @deliveryhero/dynamodb-lock releases none.
#
# Version    @deliveryhero/dynamodb-lock 2.0.0 with @aws-sdk/lib-dynamodb 3.1169.0 and dynalite 4.0.0 (npm).
# Behaviour  "Release all locks created by this process (Graceful shutdown)", says the README of releaseAllLocks().
#            It ends the renewals and forgets the locks, but never asks DynamoDB to delete them; its promise
#            is resolved at once, without an error, and nothing is logged. Whoever wants one of the locks waits
#            for a whole lease, 20 s by default, after each orderly end as after a crash.
# Seen       A lease of 4 s. releaseLock: 0 items in the table, the next one enters at once.
#            releaseAllLocks: 1 item, the next one enters 4 s later. One would expect the same from both.
#
# Needs npm, node and the network of npm's packages; installs into a temporary folder.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts @deliveryhero/dynamodb-lock@2.0.0 dynalite@4.0.0 \
    @aws-sdk/client-dynamodb@3.1169.0 @aws-sdk/lib-dynamodb@3.1169.0 >npm.log 2>&1 ||
    { cat npm.log; echo "cannot install from npm"; exit 77; }
cat >release.js <<'JS'
const { dynamoDBLockClientFactory } = require("@deliveryhero/dynamodb-lock");
const { DynamoDB, waitUntilTableExists } = require("@aws-sdk/client-dynamodb");
const { DynamoDBDocument } = require("@aws-sdk/lib-dynamodb");
const server = require("dynalite")({ createTableMs: 0 });
server.listen(0, "127.0.0.1", async () => {
    const service = new DynamoDB({ endpoint: `http://127.0.0.1:${server.address().port}`, region: "eu-central-1",
        credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "example" } });
    const attribute = (AttributeName) => ({ AttributeName, AttributeType: "S" });
    await service.createTable({ TableName: "locks", BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [attribute("lockId"), attribute("lockGroup")],
        KeySchema: [{ AttributeName: "lockId", KeyType: "HASH" }, { AttributeName: "lockGroup", KeyType: "RANGE" }] });
    await waitUntilTableExists({ client: service, maxWaitTime: 20, minDelay: 1, maxDelay: 1 }, { TableName: "locks" });
    const client = () => dynamoDBLockClientFactory(DynamoDBDocument.from(service), { tableName: "locks" });
    const options = { leaseDurationInMs: 4000, prolongEveryMs: 1000 };
    for (const how of ["releaseLock", "releaseAllLocks"]) {
        const first = client(), second = client();
        const lock = await first.lock("jobs", how, options);
        await first[how](lock);
        const { Count } = await service.scan({ TableName: "locks", ConsistentRead: true });
        const since = Date.now();
        const next = await second.lock("jobs", how, options);
        const waited = Date.now() - since;
        const when = waited < 2000 ? "at once" : waited < 3900 ? "early" : "after the lease";
        console.log(`${how}: ${Count} in the table, the next one enters ${when}`);
        await second.releaseLock(next);
    }
    process.exit();
});
JS
timeout 100 node --no-warnings release.js | tee seen
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
releaseLock: 0 in the table, the next one enters at once
releaseAllLocks: 1 in the table, the next one enters after the lease
END
