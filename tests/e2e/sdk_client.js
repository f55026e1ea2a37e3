// What a program on the AWS SDK for JavaScript does with log groups; any surprise is an error.
// Usage: NODE_PATH=... node sdk_client.js URL PART... (credentials, Region from the environment)
// Parts: all (needs an empty service), retries (one that throttles and fails).

const assert = require("node:assert");
const sdk = require("@aws-sdk/client-cloudwatch-logs");

async function pages(paginate, client, input, member) {
    const found = [];
    for await (const page of paginate({ client, pageSize: 20 }, input)) {
        found.push(...page[member]);
    }
    return found;
}

const groups = (client, logGroupNamePrefix) =>
    pages(sdk.paginateDescribeLogGroups, client, { logGroupNamePrefix }, "logGroups");
const names = (list) => list.map((group) => group.logGroupName);

// A hundred at once, then their pages in order; made twice, or deleted twice, is a modelled error.
async function crowd(client) {
    const wanted = Array.from({ length: 100 }, (_, i) => `js/${String(i).padStart(3, "0")}`);
    await Promise.all(wanted.map((logGroupName) =>
        client.send(new sdk.CreateLogGroupCommand({ logGroupName, tags: { team: "ci" } }))));
    assert.deepStrictEqual(names(await groups(client, "js/")), wanted);
    await assert.rejects(client.send(new sdk.CreateLogGroupCommand({ logGroupName: wanted[0] })),
        sdk.ResourceAlreadyExistsException);
    await Promise.all(wanted.map((logGroupName) =>
        client.send(new sdk.DeleteLogGroupCommand({ logGroupName }))));
    await assert.rejects(client.send(new sdk.DeleteLogGroupCommand({ logGroupName: wanted[0] })),
        sdk.ResourceNotFoundException);
    assert.deepStrictEqual(await groups(client, "js/"), []);
}

async function tagsAndProtection(client) {
    const logGroupName = "js/tagged#t15";
    await client.send(new sdk.CreateLogGroupCommand({ logGroupName, tags: { größe: "你好", a: "" } }));
    const [{ logGroupArn: resourceArn }] = await groups(client, logGroupName);
    await client.send(new sdk.TagResourceCommand({ resourceArn, tags: { b: "2" } }));
    await client.send(new sdk.UntagResourceCommand({ resourceArn, tagKeys: ["a"] }));
    const { tags } = await client.send(new sdk.ListTagsForResourceCommand({ resourceArn }));
    assert.deepStrictEqual(tags, { größe: "你好", b: "2" });
    await assert.rejects(client.send(new sdk.TagResourceCommand({ resourceArn, tags: { "AWS:x": "1" } })),
        sdk.InvalidParameterException);
    const protect = (deletionProtectionEnabled) => client.send(
        new sdk.PutLogGroupDeletionProtectionCommand({ logGroupIdentifier: logGroupName, deletionProtectionEnabled }));
    await protect(true);
    assert.strictEqual((await groups(client, logGroupName))[0].deletionProtectionEnabled, true);
    await assert.rejects(client.send(new sdk.DeleteLogGroupCommand({ logGroupName })),
        { name: "ValidationException" });
    await protect(false);
    await client.send(new sdk.DeleteLogGroupCommand({ logGroupName }));
}

async function events(client) {
    const logGroupName = "js/events", now = Date.now();
    await client.send(new sdk.CreateLogGroupCommand({ logGroupName }));
    await client.send(new sdk.PutRetentionPolicyCommand({ logGroupName, retentionInDays: 7 }));
    const wanted = Array.from({ length: 45 }, (_, i) => `stream ${String(i).padStart(2, "0")}`);
    await Promise.all(wanted.map((logStreamName) =>
        client.send(new sdk.CreateLogStreamCommand({ logGroupName, logStreamName }))));
    const { rejectedLogEventsInfo } = await client.send(new sdk.PutLogEventsCommand({
        logGroupName, logStreamName: wanted[7],
        logEvents: [{ timestamp: now - 8 * 86400000, message: "expired" }, { timestamp: now, message: "größe" }],
    }));
    assert.deepStrictEqual(rejectedLogEventsInfo, { expiredLogEventEndIndex: 1 });
    const found = await pages(sdk.paginateDescribeLogStreams, client, { logGroupName }, "logStreams");
    assert.deepStrictEqual(found.map((stream) => stream.logStreamName), wanted);
    assert.strictEqual(found[7].lastEventTimestamp, now);
    assert.strictEqual((await groups(client, logGroupName))[0].storedBytes, 33);
    await assert.rejects(client.send(new sdk.DescribeLogStreamsCommand({
        logGroupName, logGroupIdentifier: logGroupName })), sdk.InvalidParameterException);
    await client.send(new sdk.DeleteLogGroupCommand({ logGroupName }));
}

// The SDK's own retries see it through; whose answer was lost may have been made before.
async function retries(endpoint) {
    const client = new sdk.CloudWatchLogsClient({ endpoint, maxAttempts: 12 });
    const wanted = Array.from({ length: 20 }, (_, i) => `retry/js/${String(i).padStart(2, "0")}`);
    for (const logGroupName of wanted) {
        await client.send(new sdk.CreateLogGroupCommand({ logGroupName })).catch((error) => {
            assert.ok(error instanceof sdk.ResourceAlreadyExistsException, error);
        });
    }
    assert.deepStrictEqual(names(await groups(client, "retry/js/")), wanted);
}

async function main(endpoint, part) {
    if (part === "retries") {
        return retries(endpoint);
    }
    const client = new sdk.CloudWatchLogsClient({ endpoint, maxAttempts: 1 });
    await crowd(client);
    await tagsAndProtection(client);
    await events(client);
}

main(process.argv[2], process.argv[3]);
