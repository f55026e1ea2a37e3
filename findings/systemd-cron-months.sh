#!/bin/bash
# systemd-cron-months - "nov" is October, "dec" is November, and Friday to Sunday is every day.
#
# Version    systemd-cron 1.15.19 (Debian 12; its package's number is printed).
# Behaviour  systemd-cron takes the place of cron, reads the same crontabs, and makes timers of systemd
#            of them. Its list of months has no October: "oct" is refused in the log, "nov" is the 10th
#            month, "dec" the 11th. Sunday may be 7, as in crontab(5), but not the end of a range: 0-7 is
#            Sunday alone, and 5-7, which is refused in the log, becomes a timer for every day. Where
#            both day of month and day of week are given both must fit; crontab(5) has either.
#            So hosts with one crontab, which count on a lock to run a job once, run it in different months.
# Seen       OnCalendar of "17 3 1 nov *": *-10-1; of dec: *-11-1; of oct: no timer. Of "17 3 * * 0-7":
#            Sun; of 5-7: no day of the week. Of "17 3 1 * 1": Mon *-*-1. One would expect *-11-1, *-12-1,
#            *-10-1, every day, Fri,Sat,Sun, and two timers or none.
#
# Needs apt, python3 and the network of Debian's packages; installs into a temporary folder.
set -euo pipefail
version=1.15.19
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
found=$(apt-cache madison systemd-cron | awk -v v="$version" 'index($3, v) == 1 { print $3; exit }')
{ [ -n "$found" ] && apt-get download -q "systemd-cron=$found" >/dev/null 2>&1; } ||
    { echo "cannot fetch systemd-cron $version"; exit 77; }
dpkg-deb -x ./*.deb root
# The generator has no option for where it reads: the folders that it names are moved below this one.
mkdir -p etc run/systemd var/spool/cron/crontabs units
sed -E "s@'/(etc|run|var)/@'$work/\1/@g" root/lib/systemd/system-generators/systemd-crontab-generator >generator
cat >etc/crontab <<'CRON'
17 3 1 sep * root /bin/true
17 3 1 oct * root /bin/true
17 3 1 nov * root /bin/true
17 3 1 dec * root /bin/true
17 3 1 11 * root /bin/true
17 3 * * 5,6,0 root /bin/true
17 3 * * 0-7 root /bin/true
17 3 * * 5-7 root /bin/true
17 3 1 * 1 root /bin/true
CRON
/usr/bin/python3 -W ignore generator units 2>log
while read -r minute hour day month weekday _; do
    when="$minute $hour $day $month $weekday"
    timer=$(grep -lF "\"$when root" units/*.timer) && timer=$(sed -n 's/^OnCalendar= *//p' "$timer")
    echo "$when: ${timer:-no timer}"
done <etc/crontab | tee seen
echo "systemd-cron $found"
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
17 3 1 sep *: *-9-1 3:17:00
17 3 1 oct *: no timer
17 3 1 nov *: *-10-1 3:17:00
17 3 1 dec *: *-11-1 3:17:00
17 3 1 11 *: *-11-1 3:17:00
17 3 * * 5,6,0: Sun,Fri,Sat *-*-* 3:17:00
17 3 * * 0-7: Sun *-*-* 3:17:00
17 3 * * 5-7: *-*-* 3:17:00
17 3 1 * 1: Mon *-*-1 3:17:00
END
