// What a program on the AWS SDK for JavaScript does with log groups; any surprise is an error.
// Usage: NODE_PATH=... node sdk_client.js URL (credentials and Region from the environment)

const assert = require("node:assert");
const sdk = require("@aws-sdk/client-cloudwatch-logs");

async function groups(client, logGroupNamePrefix) {
    const found = [];
    for await (const page of sdk.paginateDescribeLogGroups({ client }, { logGroupNamePrefix })) {
        found.push(...page.logGroups);
    }
    return found;
}

async function main(endpoint) {
    const client = new sdk.CloudWatchLogsClient({ endpoint, maxAttempts: 1 });
    const wanted = Array.from({ length: 60 }, (_, i) => `js/${String(i).padStart(3, "0")}`);
    for (const logGroupName of wanted) {
        await client.send(new sdk.CreateLogGroupCommand({ logGroupName, tags: { team: "ci" } }));
    }
    const found = await groups(client, "js/");
    assert.deepStrictEqual(found.map((group) => group.logGroupName), wanted);
    const resourceArn = found[0].logGroupArn;
    const { tags } = await client.send(new sdk.ListTagsForResourceCommand({ resourceArn }));
    assert.deepStrictEqual(tags, { team: "ci" });
    await assert.rejects(client.send(new sdk.CreateLogGroupCommand({ logGroupName: wanted[0] })),
        sdk.ResourceAlreadyExistsException);
    for (const logGroupName of wanted) {
        await client.send(new sdk.DeleteLogGroupCommand({ logGroupName }));
    }
    await assert.rejects(client.send(new sdk.DeleteLogGroupCommand({ logGroupName: wanted[0] })),
        sdk.ResourceNotFoundException);
    assert.deepStrictEqual(await groups(client, "js/"), []);
}

main(process.argv[2]);
