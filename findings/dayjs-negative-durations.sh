#!/bin/bash
# dayjs-negative-durations - a duration that day.js has written is read by day.js as its opposite.
#
# Version    dayjs 1.11.23 with its plugin "duration" (npm), beside luxon 3.7.2.
# Behaviour  A duration of minus one hour is written as "-PT1H" by toISOString(), and "-PT1H" is read
#            as plus one hour: the sign in front is accepted and dropped, also by the plugin's own
#            expression for it. A sign before a number ("PT-1H") counts. Of a fraction with a comma,
#            which ISO 8601 allows as well as a point, nothing is left.
# Seen       -1 h: "-PT1H", read as 3600 s (luxon: -3600 s). "PT-1H": -3600 s. "PT0,5S": 0 s (luxon:
#            0.5 s). So an offset, or what is left of a time limit that is over, turns into time that
#            is still to come when it has been stored. One would expect what was written.
#
# Needs npm, node and the network of npm; installs into a temporary folder.
set -euo pipefail
version=1.11.23
luxon=3.7.2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund "dayjs@$version" "luxon@$luxon" >/dev/null 2>&1 ||
    { echo "cannot fetch dayjs $version and luxon $luxon"; exit 77; }

cat >read.cjs <<'JS'
const dayjs = require("dayjs");
const { Duration } = require("luxon");
dayjs.extend(require("dayjs/plugin/duration"));
const written = dayjs.duration({ hours: -1 }).toISOString();
console.log(`-3600 s is written as ${written}`);
for (const text of [written, "PT-1H", "PT0,5S"])
    console.log(`${text}: dayjs ${dayjs.duration(text).asSeconds()} s, ` +
        `luxon ${Duration.fromISO(text).as("seconds")} s`);
JS
node read.cjs | tee seen

cat >expected <<'END'
-3600 s is written as -PT1H
-PT1H: dayjs 3600 s, luxon -3600 s
PT-1H: dayjs -3600 s, luxon -3600 s
PT0,5S: dayjs 0 s, luxon 0.5 s
END
diff expected seen && echo "as found with dayjs $version"
