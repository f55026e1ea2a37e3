#!/bin/bash
# cronic-exit-status - cronic ends with 0 when its command has failed.
#
# Version    cronic 3 (Debian 12; its package's number is printed).
# Behaviour  cronic(1) runs a command for cron and prints a report if it fails. The report names the
#            command's status; cronic's own is 0, always. What stands behind it ("&& next-step", a
#            unit's OnFailure=, a lock that tells its caller) takes a failure for a success. chronic
#            of moreutils, made for the same purpose, has the command's status.
# Seen       sh -c 'exit 3': a report with "RESULT CODE: 3", status 0. One would expect 3.
#
# Needs apt and the network of Debian's packages; installs into a temporary folder.
set -euo pipefail
version=3-
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
found=$(apt-cache madison cronic | awk -v v="$version" 'index($3, v) == 1 { print $3; exit }')
[ -n "$found" ] && apt-get download -q "cronic=$found" >/dev/null 2>&1 ||
    { echo "cannot fetch cronic $version"; exit 77; }
dpkg-deb -x ./*.deb root
status=0
root/usr/bin/cronic sh -c 'exit 3' >report || status=$?
echo "cronic $found"
grep -i 'result code' report
echo "status $status"
[ "$status" = 0 ] && grep -qi 'result code: 3' report ||
    { echo "changed: this is no longer what the header says"; exit 1; }
