#!/bin/bash
# killed-is-success - a command that was killed has succeeded, say unbuffer, niceload and toybox xargs.
#
# Version    expect 5.45.4 (unbuffer), parallel 20221122 (niceload) and toybox 0.8.9 (Debian 12; the
#            packages' numbers are printed), beside GNU xargs of the machine.
# Behaviour  All three run a command and hand its exit status on, 3 for 3 (xargs: 123). If a signal has
#            killed it (out of memory, a limit, timeout -s KILL, a lock that was lost) they end with 0:
#            "unbuffer ./migrate && ./publish" publishes. The manual of unbuffer does not speak of a
#            status; that of niceload has "should be the same as the command being run".
# Seen       unbuffer, niceload: exit 3: 3; KILL: 0; TERM: 0. toybox xargs: 123, 0, 0; the second line of
#            its input is run as if nothing had been. GNU xargs: 123, 125, 125, and it stops.
#            One would expect 137 and 143, or as GNU's.
#
# Needs apt, perl and the network of Debian's packages; installs into a temporary folder.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
pinned='^(expect|tcl-expect)=5[.]45[.]4-|^parallel=20221122[+]|^toybox=0[.]8[.]9[+]|^(tcl8[.]6|libtcl8[.]6)=8[.]6[.]13'
mapfile -t found < <(apt-cache madison expect tcl-expect tcl8.6 libtcl8.6 parallel toybox |
    awk -v pinned="$pinned" '($1 "=" $3) ~ pinned && !had[$1]++ { print $1 "=" $3 }')
{ [ "${#found[@]}" = 6 ] && apt-get download -q "${found[@]}" >/dev/null 2>&1; } ||
    { echo "cannot fetch $pinned"; exit 77; }
for package in ./*.deb; do dpkg-deb -x "$package" root; done
echo "${found[@]}"
libraries=$(dirname "$(find "$work/root" -name 'libtcl8.6.so*' | head -n 1)")
export TCL_LIBRARY=$work/root/usr/share/tcltk/tcl8.6

unbuffer() { LD_LIBRARY_PATH=$libraries root/usr/bin/expect root/usr/bin/unbuffer sh job </dev/null; }
niceload() { root/usr/bin/niceload sh job; }
toybox_xargs() { printf 'one\ntwo\n' | root/bin/toybox xargs -n 1 sh job; }
gnu_xargs() { printf 'one\ntwo\n' | xargs -n 1 sh job; }
statuses() { # TOOL: after exit 3, KILL, TERM; and how often KILL was run
    local command status
    rm -f runs
    for command in 'exit 3' 'echo >>runs; kill -KILL $$' 'kill -TERM $$'; do
        status=0
        echo "$command" >job
        "$1" >/dev/null 2>&1 || status=$?
        echo -n " $status"
    done
    echo ", run $(wc -l <runs)"
}
for tool in unbuffer niceload toybox_xargs gnu_xargs; do echo "$tool:$(statuses $tool)"; done | tee seen
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
unbuffer: 3 0 0, run 1
niceload: 3 0 0, run 1
toybox_xargs: 123 0 0, run 2
gnu_xargs: 123 125 125, run 1
END
