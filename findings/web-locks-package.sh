#!/bin/bash
# web-locks-package - npm's implementation of Web Locks lets two threads in while the main one is busy.
#
# Version    web-locks 0.0.9 (npm).
# Behaviour  web-locks is "Web Locks API implementation for Node.js based on worker_threads", and refers to its
#            specification. 1. Whoever asks for a name first makes the lock, and has the main thread tell the others.
#            Until that has come to it, another that asks makes a lock of its own, and enters as well: at a start of
#            several workers for one job, say, or whenever the main thread is at work for a moment. 2. Of the options
#            only signal is read: mode "shared" is exclusive, and ifAvailable waits, where the specification has the
#            callback called at once, with null. 3. request() is undefined, not what the callback has returned.
#            4. query() is a TypeError.
# Seen       Two workers, one 200 ms after the other, while the main thread is busy for 500 ms: two inside; while it is
#            idle: one. Two shared requests: one inside. ifAvailable, with the lock taken: called when it is free,
#            with the lock. One would expect one, one, two, and null at once.
#
# Needs npm, node and the network of npm's packages; installs into a temporary folder.
set -euo pipefail
version=0.0.9
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund "web-locks@$version" >npm.log 2>&1 ||
    { cat npm.log; echo "cannot install web-locks $version"; exit 77; }
cat >lock.js <<'JS'
const { Worker, isMainThread, workerData } = require("worker_threads");
const { locks } = require("web-locks");
const pause = (ms) => new Promise((over) => setTimeout(over, ms));
const UP = 0, INSIDE = 1, MOST = 2; // of the numbers that the threads share
async function worker({ shared, later }) {
    Atomics.add(shared, UP, 1);
    while (Atomics.load(shared, UP) < 3) await pause(1); // until the main thread says so
    await pause(later);
    await locks.request("job", async () => {
        const inside = Atomics.add(shared, INSIDE, 1) + 1;
        if (inside > Atomics.load(shared, MOST)) Atomics.store(shared, MOST, inside);
        await pause(600);
        Atomics.sub(shared, INSIDE, 1);
    });
    process.exit();
}
async function main() {
    for (const busy of [true, false]) {
        const shared = new Int32Array(new SharedArrayBuffer(12));
        const workers = [0, 200].map((ms) => new Worker(__filename, { workerData: { shared, later: ms } }));
        workers.forEach((each) => locks.attach(each));
        const ended = Promise.all(workers.map((each) => new Promise((over) => each.on("exit", over))));
        while (Atomics.load(shared, UP) < 2) await pause(10);
        Atomics.add(shared, UP, 1);
        for (const since = Date.now(); busy && Date.now() - since < 500;);
        await ended;
        console.log(`two workers, the main thread ${busy ? "busy" : "idle"}:`, Atomics.load(shared, MOST), "inside");
    }
    let inside = 0, most = 0;
    const share = () => locks.request("read", { mode: "shared" }, async () => {
        most = Math.max(most, ++inside);
        await pause(200);
        inside--;
    });
    await Promise.all([share(), share()]);
    console.log("two shared:", most, "inside");
    const held = locks.request("busy", () => pause(500));
    await pause(100);
    const since = Date.now();
    await locks.request("busy", { ifAvailable: true }, async (lock) =>
        console.log("ifAvailable:", lock ? "the lock" : lock, Date.now() - since < 200 ? "at once" : "when it is free"));
    await held;
    console.log("request():", await locks.request("value", async () => 5));
    console.log("query():", await Promise.resolve().then(() => locks.query()).then(() => "well", (error) => error.name));
    process.exit();
}
isMainThread ? main() : worker(workerData);
JS
echo "web-locks $version"
timeout 60 node lock.js | tee seen
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
two workers, the main thread busy: 2 inside
two workers, the main thread idle: 1 inside
two shared: 1 inside
ifAvailable: the lock when it is free
request(): undefined
query(): TypeError
END
