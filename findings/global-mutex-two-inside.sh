#!/bin/bash
# global-mutex-two-inside - under contention the file lock of @ster5/global-mutex admits two, every now and then.
#
# Version    @ster5/global-mutex 3.3.0, beside proper-lockfile 4.1.2 (npm).
# Behaviour  The package has a lock of its own, "zero-dependency", by mkdir(2), which it uses unless proper-lockfile is
#            installed; that one is recommended "to prevent race conditions on Windows". Who finds the directory there
#            looks how old it is. If it has just been removed that look fails, and the failure counts as "stale":
#            the directory is removed, and what is removed then may be the lock that a third process has made since.
#            The next one enters beside it. No lock was ever near its two minutes. With two processes it does
#            not happen, as there is no third; with four, on Linux, it is about one time in a hundred.
# Seen       Four processes that take the lock in a loop until two were inside at once, 60 s at most: own lock: two
#            inside. By GLOBAL_MUTEX_PROVIDER=proper-lockfile, for 10 s: never.
#
# Needs npm, node and the network of npm's packages; installs into a temporary folder.
set -euo pipefail
version=3.3.0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund "@ster5/global-mutex@$version" proper-lockfile@4.1.2 >npm.log 2>&1 ||
    { cat npm.log; echo "cannot install @ster5/global-mutex $version"; exit 77; }
cat >take.js <<'JS'
// take.js SECONDS: takes the lock in a loop until SECONDS are over, or the file "two" tells of two inside
const { withLock } = require("@ster5/global-mutex"), fs = require("fs");
const end = Date.now() + process.argv[2] * 1000;
const options = { fileToLock: "job", retries: { forever: true, minTimeout: 1, maxTimeout: 3 } };
(async () => {
    while (Date.now() < end && !fs.existsSync("two")) {
        await withLock(options, async () => {
            try {
                fs.mkdirSync("inside");
            } catch {
                return fs.writeFileSync("two", "");
            }
            for (let i = 0; i < 2; i++) await new Promise(setImmediate);
            fs.rmdirSync("inside");
        }).catch(() => {}); // a lock that was lost
    }
})();
JS
echo "@ster5/global-mutex $version"
for case in native:60 proper-lockfile:10; do
    rm -rf two inside job job.lock
    pids=()
    for _ in 1 2 3 4; do
        GLOBAL_MUTEX_PROVIDER=${case%:*} timeout 90 node take.js "${case#*:}" >/dev/null &
        pids+=($!)
    done
    wait "${pids[@]}"
    echo "${case%:*}: $([ -e two ] && echo 'two inside' || echo 'never two inside')"
done | tee seen
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
native: two inside
proper-lockfile: never two inside
END
