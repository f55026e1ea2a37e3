#!/bin/bash
# chronic-terminated - chronic that is sent TERM says nothing of what its command had said.
#
# Version    moreutils 0.67 (Debian 12; its package's number is printed).
# Behaviour  chronic(1) keeps a command's output, and prints it if the command fails: for cron. If
#            chronic itself is ended, by timeout(1), systemd or a shutdown, what it has kept is lost
#            with it, just where the output would tell why the command did not end. The command is
#            not told either, and goes on until it writes.
# Seen       TERM, while the command has said why it hangs: nothing is printed, status 143. The
#            command still runs when chronic is gone. One would expect its output.
#
# Needs apt, perl and the network of Debian's packages; installs into a temporary folder.
set -euo pipefail
version=0.67
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
found=$(apt-cache madison moreutils | awk -v v="$version" 'index($3, v) == 1 { print $3; exit }')
[ -n "$found" ] && apt-get download -q "moreutils=$found" libipc-run-perl libio-pty-perl >/dev/null 2>&1 ||
    { echo "cannot fetch moreutils $version"; exit 77; }
for package in ./*.deb; do dpkg-deb -x "$package" root; done
export PERL5LIB=$work/root/usr/share/perl5:$(echo "$work"/root/usr/lib/*/perl5/*)

cat >command <<'SH'
#!/bin/sh
echo 'waiting for the printer, which is on fire'
echo $$ >pid
while [ ! -e go ]; do sleep 0.1; done
SH
chmod +x command
printf 'exit 3\n' | cat command - >fails
chmod +x fails
touch go
fails=0
root/usr/bin/chronic ./fails >printed 2>&1 || fails=$?
rm go
status=0
# only chronic is sent TERM, as by a service manager that knows its process
root/usr/bin/chronic ./command >out 2>&1 &
chronic=$!
for _ in $(seq 100); do [ -s pid ] && kill -0 "$(cat pid)" 2>/dev/null && break; sleep 0.1; done
sleep 0.5 # until chronic has read what was said
kill -TERM "$chronic"
wait "$chronic" || status=$?
lives=no
kill -0 "$(cat pid)" && lives=yes
touch go
echo "moreutils $found"
echo "command that fails: status $fails, printed: $(cat printed)"
echo "TERM: status $status, printed: '$(cat out)', command still runs: $lives"
[ "$fails|$status|$(cat out)|$lives" = '3|143||yes' ] && [ -s printed ] ||
    { echo "changed: this is no longer what the header says"; exit 1; }
