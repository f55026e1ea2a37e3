#!/bin/bash
# js-time-limits - a limit of time lets the next one in beside what has exceeded it.
#
# Version    async-lock 1.5.0, p-queue 9.3.5 and bottleneck 2.19.5 (npm).
# Behaviour  All three run one function at a time: async-lock by a key, p-queue with concurrency 1,
#            bottleneck with maxConcurrent 1. All three have a limit for how long it may take:
#            maxExecutionTime, timeout, expiration. When it is over the caller gets an error, as their READMEs
#            say. They do not say that the lock is free then, though the function, which nobody
#            can end and nobody tells, still runs: slow is just when two are in at once.
#            async-lock's other limit, maxOccupationTime, leaves the lock to its holder.
# Seen       A function of 900 ms, a limit of 300 ms, called twice: two at once, by all three. Without a limit, and
#            with maxOccupationTime: one at a time.
#
# Needs npm, node and the network of npm's packages; installs into a temporary folder.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund async-lock@1.5.0 p-queue@9.3.5 bottleneck@2.19.5 >npm.log 2>&1 ||
    { cat npm.log; echo "cannot install from npm"; exit 77; }
cat >run.mjs <<'JS'
import AsyncLock from "async-lock";
import PQueue from "p-queue";
import Bottleneck from "bottleneck";
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const byLock = (options) => {
    const lock = new AsyncLock(options);
    return (job) => lock.acquire("key", job);
};
const byQueue = (options) => {
    const queue = new PQueue({ concurrency: 1, ...options });
    return (job) => queue.add(job);
};
const byBottleneck = (options) => {
    const limiter = new Bottleneck({ maxConcurrent: 1 });
    return (job) => limiter.schedule(options, job);
};
for (const [name, run] of Object.entries({
    "async-lock": byLock({}),
    "async-lock, maxOccupationTime": byLock({ maxOccupationTime: 300 }),
    "async-lock, maxExecutionTime": byLock({ maxExecutionTime: 300 }),
    "p-queue": byQueue({}),
    "p-queue, timeout": byQueue({ timeout: 300 }),
    "bottleneck": byBottleneck({}),
    "bottleneck, expiration": byBottleneck({ expiration: 300 }),
})) {
    let running = 0, most = 0, ended = 0;
    const job = async () => {
        most = Math.max(most, ++running);
        await pause(900);
        running--;
        ended++;
    };
    const answers = await Promise.allSettled([run(job), run(job)]);
    for (let i = 0; i < 40 && running; i++) await pause(50);
    console.log(`${name}: ${most} at once, first ${answers[0].status}, ended ${ended}`);
}
JS
node run.mjs | tee seen
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
async-lock: 1 at once, first fulfilled, ended 2
async-lock, maxOccupationTime: 1 at once, first rejected, ended 1
async-lock, maxExecutionTime: 2 at once, first rejected, ended 2
p-queue: 1 at once, first fulfilled, ended 2
p-queue, timeout: 2 at once, first rejected, ended 2
bottleneck: 1 at once, first fulfilled, ended 2
bottleneck, expiration: 2 at once, first rejected, ended 2
END
