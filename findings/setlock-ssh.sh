#!/bin/bash
# setlock-ssh - a lock that is handed on as a descriptor is given back when ssh starts.
#
# Version    daemontools 0.76 (setlock), runit 2.1.2 (chpst -l), chiark-utils-bin 7.0.0 (with-lock-ex),
#            util-linux 2.38.1 (flock) and openssh-client 9.2p1 (Debian 12).
# Behaviour  setlock, chpst -l, with-lock-ex and flock -F open and lock a file, and become the command,
#            which has the descriptor open and so keeps the lock, without knowing of it. That fails
#            with a command that closes what it does not know. ssh does, first of all, and its manual
#            has no word of it: "setlock lock ssh HOST deploy" locks nothing, and nobody is told.
#            Plain flock(1) stays beside its command and keeps the lock.
# Seen       While ssh waits for its connection a second one enters, under setlock, chpst -l,
#            with-lock-ex and flock -F; not under flock, nor with a script in the place of ssh.
#
# Needs apt and the network of Debian's packages; installs into a temporary folder.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
pinned='^(daemontools=1:0\.76|runit=2\.1\.2|chiark-utils-bin=7\.0\.0|util-linux=2\.38\.1|openssh-client=1:9\.2p1)(-|$)'
mapfile -t found < <(apt-cache madison daemontools runit chiark-utils-bin util-linux openssh-client |
    awk -v pinned="$pinned" '($1 "=" $3) ~ pinned && !had[$1]++ { print $1 "=" $3 }')
{ [ "${#found[@]}" = 5 ] && apt-get download -q "${found[@]}" >/dev/null 2>&1; } ||
    { echo "cannot fetch $pinned"; exit 77; }
for package in ./*.deb; do dpkg-deb -x "$package" root; done
echo "${found[@]}"
PATH=$work/root/usr/bin:$PATH

cat >connect <<'SH'
#!/bin/sh
# A script, or in the place of the way to HOST: tells that it is up, and stays until the second has tried.
: >up
for try in $(seq 100); do [ -e tried ] && break; sleep 0.1; done
SH
chmod +x connect
over_ssh=(ssh -F none -o BatchMode=yes -o ProxyCommand=./connect host.example true)

# second LOCK TRY COMMAND...: what becomes of TRY, which does not wait, while LOCK runs COMMAND
second() {
    local lock try running
    read -ra lock <<<"$1"
    read -ra try <<<"$2"
    shift 2
    rm -f up tried lock
    "${lock[@]}" lock "$@" >/dev/null 2>&1 &
    running=$!
    for _ in $(seq 100); do [ -e up ] && break; sleep 0.1; done
    if "${try[@]}" lock true >/dev/null 2>&1; then echo enters; else echo kept out; fi
    touch tried
    wait "$running" || true
}
while IFS='|' read -r lock try; do
    echo "$lock: under a script $(second "$lock" "$try" ./connect), under ssh $(second "$lock" "$try" "${over_ssh[@]}")"
done <<'END' | tee seen
setlock|setlock -n
chpst -l|setlock -n
with-lock-ex -w|with-lock-ex -f
flock -F|flock -n
flock|flock -n
END
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
setlock: under a script kept out, under ssh enters
chpst -l: under a script kept out, under ssh enters
with-lock-ex -w: under a script kept out, under ssh enters
flock -F: under a script kept out, under ssh enters
flock: under a script kept out, under ssh kept out
END
