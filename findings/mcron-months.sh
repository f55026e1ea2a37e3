#!/bin/bash
# mcron-months - the third month of a crontab is April.
#
# Version    mcron 1.0.8 with guile-3.0-libs 3.0.8 (Debian 12; the packages' numbers are printed).
# Behaviour  GNU mcron reads the crontabs of Vixie's cron, as its manual promises. Months by name are those of
#            cron(8). Months by number, of which the manual says that they are 0 to 12, are counted from
#            0: 1 is February, 12 is January. So the job of 30 June, "0 0 30 6 *", runs on
#            30 July, and that of 31 October never. Other fields are as in cron(8).
# Seen       By mcron --schedule: jan: January; 3: April; 12: January. One would expect March and December.
#
# Needs apt and the network of Debian's packages; installs into a temporary folder.
set -euo pipefail
version=1.0.8 guile=3.0.8
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
newest() { apt-cache madison "$1" | awk -v v="$2" 'index($3, v) == 1 { print $3; exit }'; }
found=$(newest mcron "$version") library=$(newest guile-3.0-libs "$guile")
{ [ -n "$found" ] && [ -n "$library" ] && apt-get download -q "mcron=$found" "guile-3.0-libs=$library" libgc1 \
    libunistring2 libgmp10 libffi8 >/dev/null 2>&1; } ||
    { echo "cannot fetch mcron $version or guile-3.0-libs $guile"; exit 77; }
for package in ./*.deb; do dpkg-deb -x "$package" root; done
libraries=$(echo root/usr/lib/*-linux-gnu)
mkdir scm # where mcron looks for its modules, beside /usr/share
ln -s ../root/usr/share/mcron scm/mcron
next() { # next MONTH: the month in which a job of the first of MONTH runs next
    echo "17 3 1 $1 * true" | LC_ALL=C LD_LIBRARY_PATH=$libraries GUILE_AUTO_COMPILE=0 \
        GUILE_LOAD_PATH=root/usr/share/guile/3.0 GUILE_LOAD_COMPILED_PATH=$libraries/guile/3.0/ccache root/usr/bin/mcron --stdin=vixie --schedule=1 - |
        awk '$3 == "1" && $4 == "03:17:00" { print $2 }'
}
names=(Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec)
for month in {1..12}; do
    name=${names[month - 1]}
    echo "$name: $(next "${name,}"), $month: $(next "$month")"
done | tee seen
echo "mcron $found, guile-3.0-libs $library"
for month in {1..12}; do
    name=${names[month - 1]}
    echo "$name: $name, $month: ${names[month % 12]}"
done | diff - seen || { echo "changed: this is no longer what the header says"; exit 1; }
