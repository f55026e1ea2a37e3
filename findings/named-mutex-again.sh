#!/bin/bash
# named-mutex-again - who has given a named-mutex back gets it again at any time, also if it is taken.
#
# Version    named-mutex 1.0.4 with fs-ext 2.1.1 (npm).
# Behaviour  A NamedMutex is a lock on a file that processes share, by flock(2). unLock() unlocks the
#            file, but the object keeps its note that it is locked; from then on tryLock() is true and
#            lock() resolves at once, without a look at the file. The usual loop of lock, work, unlock
#            is protected in its first round only. unLock() can be called twice, too.
# Seen       first: tryLock, unLock; second, another process: tryLock, true; first: tryLock, true, and lock()
#            resolves. A new object in the first process: false. One would expect false.
#
# Needs npm, node, gcc (for fs-ext) and the network of npm's packages; installs into a temporary folder.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund named-mutex@1.0.4 fs-ext@2.1.1 >npm.log 2>&1 ||
    { cat npm.log; echo "cannot install from npm"; exit 77; }
cat >first.js <<'JS'
const { spawn } = require("child_process");
const NamedMutex = require("named-mutex");
const name = `${__dirname}/lock`;
if (process.argv[2]) { // the second: takes it, says so, and keeps it until its input ends
    console.log(new NamedMutex(name).tryLock());
    process.stdin.resume();
} else {
    const mutex = new NamedMutex(name);
    console.log("first:", mutex.tryLock());
    mutex.unLock();
    const second = spawn(process.execPath, [__filename, "second"], { stdio: ["pipe", "pipe", "inherit"] });
    second.stdout.once("data", async (said) => {
        console.log("second:", String(said).trim());
        console.log("first again:", mutex.tryLock());
        console.log("first, lock():", await Promise.race([mutex.lock().then(() => "resolved"),
            new Promise((over) => setTimeout(over, 2000, "waits"))]));
        console.log("first, a new object:", new NamedMutex(name).tryLock());
        second.stdin.end();
    });
}
JS
timeout 60 node first.js | tee seen
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
first: true
second: true
first again: true
first, lock(): resolved
first, a new object: false
END
