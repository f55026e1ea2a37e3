#!/bin/bash
# midway-third-enters - Midway's simple lock lets the third in beside the second.
#
# Version    @midwayjs/simple-lock 1.2.2 (npm), the lock that the framework Midway has for one process.
# Behaviour  acquire(KEY, FUNCTION) runs one function of a key after the other. When the first has ended it starts the
#            one that waits, and only then marks the key as done with; the mark stays while the second runs. Whoever
#            comes then finds nobody waiting and the key done with, and is started beside the second. With two
#            callers, or with all that come before the first has ended, all is well. And if a
#            function throws before it has returned a promise the key is never free again.
# Seen       Each needs 300 ms; the third comes 150 ms after the second was started: two inside. Three at once: one
#            inside at a time. After a function that throws: the next one is not started within 1 s.
#            One would expect one inside, and the next to be started.
#
# Needs npm, node and the network of npm's packages; installs into a temporary folder.
set -euo pipefail
version=1.2.2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund "@midwayjs/simple-lock@$version" >npm.log 2>&1 ||
    { cat npm.log; echo "cannot install @midwayjs/simple-lock $version"; exit 77; }
cat >lock.js <<'JS'
const SimpleLock = require("@midwayjs/simple-lock").default;
const pause = (ms) => new Promise((over) => setTimeout(over, ms));
const lock = new SimpleLock();
let inside, most;
const come = (key) => lock.acquire(key, async () => {
    most = Math.max(most, ++inside);
    await pause(300);
    inside--;
});
(async () => {
    for (const later of [false, true]) {
        inside = most = 0;
        const both = [come("key"), come("key")];
        if (later) await pause(450);
        await Promise.all([...both, come("key")]);
        console.log(later ? "third later:" : "three at once:", most, "inside");
        await pause(100);
    }
    await lock.acquire("other", () => { throw new Error("no"); }).catch(() => {});
    let started = false;
    lock.acquire("other", async () => { started = true; });
    await pause(1000);
    console.log("after one that threw:", started ? "started" : "not started");
})();
JS
echo "@midwayjs/simple-lock $version"
timeout 60 node lock.js | tee seen
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
three at once: 1 inside
third later: 2 inside
after one that threw: not started
END
