#!/bin/bash
# rwlock-timeout - one wait for rwlock that times out, and nobody gets the lock any more.
#
# Version    rwlock 5.0.0 (npm), a lock of readers and writers within one process.
# Behaviour  readLock() and writeLock() take a timeout for the wait, and a timeoutCallback. Who times out is to leave
#            the queue; rwlock removes whoever stands first in it instead. If that is another, which waits
#            longer or without a limit, it is never called again, and nobody tells it. Who has timed out stays
#            in the queue, as one who does not answer: the lock is released, the queue does not move, and all that
#            come later line up behind it for ever, though nobody has the lock. With equal timeouts who
#            comes first times out first, and all is well.
# Seen       The first holds the lock for 600 ms, the second waits without a limit, the third for 200 ms and is
#            told that this is over. The second never enters, nor does the fourth, which comes a second later.
#            Without the third: second and fourth enter. One would expect this both times.
#
# Needs npm, node and the network of npm's packages; installs into a temporary folder.
set -euo pipefail
version=5.0.0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund "rwlock@$version" >npm.log 2>&1 ||
    { cat npm.log; echo "cannot install rwlock $version"; exit 77; }
cat >lock.mjs <<'JS'
import ReadWriteLock from "rwlock";
const pause = (ms) => new Promise((over) => setTimeout(over, ms));
for (const third of [true, false]) {
    const lock = new ReadWriteLock();
    const entered = [];
    const come = (name, ms, options) => lock.writeLock((release) => {
        entered.push(name);
        setTimeout(release, ms);
    }, options);
    come("first", 600);
    come("second", 50);
    if (third) come("third", 50, { timeout: 200, timeoutCallback: () => entered.push("(third: too late)") });
    await pause(1600);
    come("fourth", 50);
    await pause(2000);
    console.log(third ? "with a timeout:" : "without:", entered.join(", "));
}
JS
echo "rwlock $version"
timeout 60 node lock.mjs | tee seen
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
with a timeout: first, (third: too late)
without: first, second, fourth
END
