#!/bin/bash
# systemd-timer-clock-change - a timer for every half hour pauses for one and a half when the clocks go back.
#
# Version    systemd 252 (Debian 12; its package's number is printed), by systemd-analyze(1).
# Behaviour  OnCalendar= is local time, or that of a zone that is named. 1. When the clocks go back an hour is
#            there twice, and systemd takes the first one only: what should run every half hour does
#            not run from the first 02:30 to 03:00, an hour and a half later. 2. When they go forward, a time
#            that is left out is not made up for: a nightly job of 02:30 does not run that night, where
#            cron(8) runs it at once. systemd.time(7) and systemd.timer(5) speak of neither; UTC behind the
#            time avoids both.
# Seen       *:0/30 Europe/Berlin, 25 October 2026, in UTC: 00:00, 00:30, 02:00, 02:30. One would expect
#            01:00 and 01:30 between them. 02:30 Europe/Berlin, March 2026: on the 28th, then on the 30th.
#
# Needs apt, tzdata, what systemd depends on and the network of Debian's packages; installs into a temporary
# folder.
set -euo pipefail
version=252
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
found=$(apt-cache madison systemd | awk -v v="$version." 'index($3, v) == 1 { print $3; exit }')
{ [ -n "$found" ] && apt-get download -q "systemd=$found" "libsystemd-shared=$found" "libsystemd0=$found" \
    >/dev/null 2>&1; } || { echo "cannot fetch systemd $version"; exit 77; }
for package in ./*.deb; do dpkg-deb -x "$package" root; done
LD_LIBRARY_PATH=$(echo root/lib/*/systemd root/usr/lib/*/systemd root/usr/lib/x86_64-linux-gnu | tr ' ' :)
export LD_LIBRARY_PATH TZ=UTC
runs() { # runs SINCE HOW_MANY SPECIFICATION: days and times at which it elapses, UTC
    root/usr/bin/systemd-analyze calendar --base-time="$1 UTC" --iterations="$2" "$3" |
        sed -nE 's/.*(Next elapse|Iter\. #[0-9]+): ... [0-9]+-[0-9]+-([0-9]+ ..:..):.*/\2/p' | paste -sd, | sed 's/,/, /g'
}
{
    echo "half hours, back: $(runs '2026-10-24 23:59' 5 '*:0/30 Europe/Berlin')"
    echo "half hours, UTC: $(runs '2026-10-24 23:59' 5 '*:0/30 UTC')"
    echo "02:30, forward: $(runs '2026-03-27 20:00' 3 '02:30 Europe/Berlin')"
    echo "03:30, forward: $(runs '2026-03-27 20:00' 3 '03:30 Europe/Berlin')"
} | tee seen
echo "systemd $found"
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
half hours, back: 25 00:00, 25 00:30, 25 02:00, 25 02:30, 25 03:00
half hours, UTC: 25 00:00, 25 00:30, 25 01:00, 25 01:30, 25 02:00
02:30, forward: 28 01:30, 30 00:30, 31 00:30
03:30, forward: 28 02:30, 29 01:30, 30 01:30
END
