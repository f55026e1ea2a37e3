#!/bin/bash
# web-locks-package - npm's implementation of Web Locks lets two threads in that ask for a new name at once.
#
# Version    web-locks 0.0.9 (npm).
# Behaviour  web-locks is "Web Locks API implementation for Node.js based on worker_threads", and refers to its
#            specification. 1. Whoever asks for a name first makes the lock, and tells the other threads of it. If two
#            do that at about the same time each makes one of its own, and both enter; just so a job
#            begins for which several workers are started. 2. Of the options only signal is read: mode "shared" is
#            exclusive, and ifAvailable waits, where the specification has the callback called at once, with null.
#            3. request() is undefined, not what the callback has returned. 4. query() is a TypeError.
# Seen       Two workers that ask at the same time: two inside. The second 200 ms later: one. Two shared requests: one
#            inside. ifAvailable, with the lock taken: called when it is free, with the lock. One would
#            expect one, one, two, and null at once.
#
# Needs npm, node and the network of npm's packages; installs into a temporary folder.
set -euo pipefail
version=0.0.9
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund "web-locks@$version" >npm.log 2>&1 || { cat npm.log; echo "cannot install web-locks $version"; exit 77; }
cat >lock.js <<'JS'
const { Worker, isMainThread, workerData } = require("worker_threads");
const { locks } = require("web-locks");
const pause = (ms) => new Promise((over) => setTimeout(over, ms));
const UP = 0, INSIDE = 1, MOST = 2; // of the numbers that the threads share
async function worker({ shared, later }) {
    Atomics.add(shared, UP, 1);
    while (Atomics.load(shared, UP) < 2);
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
    for (const later of [0, 200]) {
        const shared = new Int32Array(new SharedArrayBuffer(12));
        const workers = [0, later].map((ms) => new Worker(__filename, { workerData: { shared, later: ms } }));
        workers.forEach((each) => locks.attach(each));
        await Promise.all(workers.map((each) => new Promise((ended) => each.on("exit", ended))));
        console.log(`two workers, the second ${later} ms later:`, Atomics.load(shared, MOST), "inside");
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
two workers, the second 0 ms later: 2 inside
two workers, the second 200 ms later: 1 inside
two shared: 1 inside
ifAvailable: the lock when it is free
request(): undefined
query(): TypeError
END
