#!/bin/bash
# pidproxy-exit-status - supervisor's pidproxy hides that its command failed, and ended 5 s ago.
#
# Version    supervisor 4.2.5 (Debian 12; its package's number is printed).
# Behaviour  supervisord wants to be the parent of what it runs. For a command that leaves its work to
#            a process named in a PID file, its documentation has "pidproxy PIDFILE COMMAND", which
#            passes signals on. 1. pidproxy ends with 0 whatever its command ends with, so that
#            supervisord takes a failure for an expected end, and does not start it anew under its
#            default, autorestart=unexpected. 2. It looks every 5 s, so that up to 5 s later it still
#            seems to run. 3. TERM is passed on while there is a PID file, and pidproxy
#            ends with 0 then, at once, beside a command that still cleans up.
# Seen       Command: exit 3 at once: status 0 after 5 s. TERM: status 0, the command still there.
#
# Needs apt, python3 and the network of Debian's packages; installs into a temporary folder.
set -euo pipefail
version=4.2.5
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
found=$(apt-cache madison supervisor | awk -v v="$version" 'index($3, v) == 1 { print $3; exit }')
{ [ -n "$found" ] && apt-get download -q "supervisor=$found" python3-pkg-resources >/dev/null 2>&1; } ||
    { echo "cannot fetch supervisor $version"; exit 77; }
for package in ./*.deb; do dpkg-deb -x "$package" root; done
export PYTHONPATH=$work/root/usr/lib/python3/dist-packages
pidproxy=(/usr/bin/python3 root/usr/bin/pidproxy)
cat >cleaning <<'SH'
#!/bin/sh
trap 'touch told; for try in $(seq 200); do [ -e go ] && break; sleep 0.1; done; touch cleaned; exit 4' TERM
echo $$ >new && mv new pid
while :; do sleep 0.1; done
SH
chmod +x cleaning
until_there() { for _ in $(seq 200); do [ -e "$1" ] && return; sleep 0.1; done; echo "no $1" >&2; exit 1; }

failed=0 ended=0
since=$SECONDS
"${pidproxy[@]}" nowhere /bin/sh -c 'touch ran; exit 3' || failed=$?
late=$((SECONDS - since))
"${pidproxy[@]}" pid ./cleaning &
running=$!
until_there pid
kill -TERM "$running"
until_there told
wait "$running" || ended=$?
beside=no
[ -e cleaned ] || beside=yes
touch go
until_there cleaned
echo "supervisor $found"
echo "exit 3: status $failed after $late s; TERM: status $ended, the command still cleans up: $beside"
{ [ "$failed|$ended|$beside" = "0|0|yes" ] && [ -e ran ] && [ "$late" -ge 4 ]; } ||
    { echo "changed: this is no longer what the header says"; exit 1; }
