#!/bin/bash
# cross-process-lock-early - withLock() gives the lock back when its function has only begun.
#
# Version    cross-process-lock 2.2.0 (npm).
# Behaviour  withLock(FILE, FUNCTION) is documented to lock, to run a function that returns a promise, and
#            to unlock after that. It unlocks as soon as the function has returned its promise, so the
#            lock is held until the first await only, and the next process enters while the work goes
#            on. The result is right, and so is every test with one process, or with a function
#            that waits for nothing. lock() and unlock() called apart do as they should.
# Seen       withLock: the first is in, the second enters beside it. lock, work, unlock: the second waits
#            until the first is out.
#
# Needs npm, node and the network of npm's packages; installs into a temporary folder.
set -euo pipefail
version=2.2.0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund "cross-process-lock@$version" >npm.log 2>&1 ||
    { cat npm.log; echo "cannot install cross-process-lock $version"; exit 77; }
cat >hold.js <<'JS'
// hold.js NAME HOW: says when NAME is in and out; it leaves when a file NAME.go is there
const { lock, withLock } = require("cross-process-lock"), fs = require("fs");
const [name, how] = process.argv.slice(2);
const say = (what) => fs.appendFileSync("history", `${name} ${what}\n`);
async function job() {
    say("in");
    while (!fs.existsSync(`${name}.go`)) await new Promise((resolve) => setTimeout(resolve, 50));
    say("out");
}
async function apart() {
    const unlock = await lock("file", { waitTimeout: 20000 });
    await job();
    await unlock();
}
how === "apart" ? apart() : withLock("file", { waitTimeout: 20000 }, job);
JS
until_said() { for _ in $(seq 200); do grep -qx "$1" history && return; sleep 0.1; done; echo "never: $1" >&2; exit 1; }
touch file
for how in withLock apart; do
    : >history
    rm -f ./*.go
    node hold.js first "$how" &
    until_said 'first in'
    node hold.js second "$how" &
    if [ "$how" = apart ]; then sleep 2; else until_said "second in"; fi # 2 s: four of its tries
    touch first.go
    until_said 'first out'
    touch second.go
    wait
    sed "s/^/$how: /" history
done | tee seen
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
withLock: first in
withLock: second in
withLock: first out
withLock: second out
apart: first in
apart: first out
apart: second in
apart: second out
END
