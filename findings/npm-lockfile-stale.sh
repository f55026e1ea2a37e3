#!/bin/bash
# npm-lockfile-stale - who has lost a lock as stale takes it from the next holder, too.
#
# Version    lockfile 1.0.4 (npm).
# Behaviour  Locks of lockfile are files that are there. With "stale" one that is old enough is taken
#            from its holder, who is not told. When that holder ends and unlocks, as it must, the
#            file is deleted whoever has made it: the second holder's lock, young as it is, is gone,
#            and a third one enters beside it. So one job that was too slow lets all that come after it
#            overlap two by two. The README has no word of either.
# Seen       stale: 6 s; the first holds for 7 s. The second enters after 6 s, the first unlocks, without an
#            error, the third enters at once, while the second is in.
#
# Needs npm, node and the network of npm's packages; installs into a temporary folder.
set -euo pipefail
version=1.0.4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund "lockfile@$version" >npm.log 2>&1 ||
    { cat npm.log; echo "cannot install lockfile $version"; exit 77; }
cat >hold.js <<'JS'
// hold.js NAME: says when NAME is in and out; it leaves when a file NAME.go is there
const lockfile = require("lockfile"), fs = require("fs");
const name = process.argv[2];
const say = (what) => fs.appendFileSync("history", `${name} ${what}\n`);
lockfile.lock("lock", { stale: 6000, wait: 20000, pollPeriod: 100 }, (error) => {
    if (error) throw error;
    say("in");
    const timer = setInterval(() => {
        if (!fs.existsSync(`${name}.go`)) return;
        clearInterval(timer);
        lockfile.unlock("lock", (error) => say(error ? error.code : "out"));
    }, 50);
});
JS
until_said() { for _ in $(seq 200); do grep -qx "$1" history && return; sleep 0.1; done; echo "never: $1" >&2; exit 1; }
: >history
node hold.js first &
until_said 'first in'
node hold.js second & # enters when the lock is 6 s old
until_said 'second in'
node hold.js third &
sleep 1 # for the third to try in vain: the second's lock is good for 6 s
touch first.go
until_said 'first out'
until_said 'third in'
touch second.go third.go
wait
cat history
printf '%s\n' 'first in' 'second in' 'first out' 'third in' | diff - <(head -n 4 history) ||
    { echo "changed: this is no longer what the header says"; exit 1; }
