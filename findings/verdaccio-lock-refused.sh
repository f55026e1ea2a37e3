#!/bin/bash
# verdaccio-lock-refused - lockFile() of Verdaccio says that it has the lock when it has given up.
#
# Version    @verdaccio/file-locking 13.1.0 with lockfile 1.0.4 (npm), by which the registry Verdaccio 6 guards its
#            storage.
# Behaviour  lockFile(FILE, CALLBACK) tries for nearly two minutes while somebody else has the lock, a hundred
#            times. Then it calls back as it does when the lock is its own: the error of the library below
#            it is dropped. Whoever has waited longest enters beside the holder, and its unlockFile() removes
#            the holder's lock, too, so that a third one enters at once. readFile(FILE, {lock: true}) does
#            the same. lockFileNext() of the same package is refused, with EEXIST.
# Seen       First: locked. Second, after 100 tries: null, as if locked; lockFileNext: EEXIST. Second unlocks, and
#            the third is in at once, while the first still has the lock. One would expect an error for the
#            second, and the third to wait. Takes two minutes.
#
# Needs npm, node and the network of npm's packages; installs into a temporary folder.
set -euo pipefail
version=13.1.0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund "@verdaccio/file-locking@$version" lockfile@1.0.4 >npm.log 2>&1 ||
    { cat npm.log; echo "cannot install @verdaccio/file-locking $version"; exit 77; }
cat >lock.js <<'JS'
const { lockFile, lockFileNext, unlockFile } = require("@verdaccio/file-locking");
const lock = () => new Promise((said) => lockFile("data", (error) => said(error === null ? "locked" : error.code)));
const next = () => lockFileNext("data").then(() => "locked", (error) => error.code);
(async () => {
    console.log("first, lockFile:", await lock());
    const waits = Date.now();
    const [second, other] = await Promise.all([lock(), next()]);
    console.log("second, lockFile:", second, "after", Date.now() - waits > 90000 ? "100 tries" : "fewer tries");
    console.log("second, lockFileNext:", other);
    await new Promise((over) => unlockFile("data", over));
    const comes = Date.now();
    console.log("third, lockFile:", await lock(), Date.now() - comes < 1000 ? "at once" : "later");
    process.exit(); // the first has never unlocked
})();
JS
echo '{}' >data
echo "@verdaccio/file-locking $version"
timeout 300 node lock.js | tee seen
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
first, lockFile: locked
second, lockFile: locked after 100 tries
second, lockFileNext: EEXIST
third, lockFile: locked at once
END
