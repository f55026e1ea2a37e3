#!/bin/bash
# pid-of-another-user - a process of another user is dead to those who look by kill(2).
#
# Version    pidlockfile 1.1.1 (npm), and libproc-pid-file-perl 1.27 and liblockfile-simple-perl 0.208 (Debian 12; the
#            packages' numbers are printed).
# Behaviour  All three keep a PID in a file, and ask kill(2) with signal 0 whether its process is still there. To a
#            process of another user that answers EPERM, which says that it is there; ESRCH says that it is not. They
#            take any failure for the latter: to a second user who shares a directory with the first (a group that
#            deploys, say) the lock of the first is stale. pidlockfile and LockFile::Simple remove it and enter beside
#            the holder; alive() of Proc::PID::File is false. root, who may signal everyone, sees that it is there.
# Seen       The first user's process holds the lock and runs. The same user again, or root: refused, alive. The second
#            user: locked, locked, not alive. One would expect refused, and alive.
#
# Needs root (to be two users: 65534 and 65533), npm, node, perl, apt and the network of npm and Debian; installs into
# a temporary folder.
set -euo pipefail
[ "$(id -u)" = 0 ] || { echo "needs root, to be two users"; exit 77; }
work=$(mktemp -d)
holder=
trap '[ -z "$holder" ] || kill "$holder" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund pidlockfile@1.1.1 >npm.log 2>&1 ||
    { cat npm.log; echo "cannot install pidlockfile"; exit 77; }
for pinned in libproc-pid-file-perl=1.27 liblockfile-simple-perl=0.208; do
    found=$(apt-cache madison "${pinned%=*}" | awk -v v="${pinned#*=}" 'index($3, v) == 1 { print $3; exit }')
    { [ -n "$found" ] && apt-get download -q "${pinned%=*}=$found" >/dev/null 2>&1; } ||
        { echo "cannot fetch $pinned"; exit 77; }
    echo "${pinned%=*} $found"
done
for package in ./*.deb; do dpkg-deb -x "$package" root; done
cat >pidlockfile.js <<'JS'
require("pidlockfile").lock("shared/node", (error) => {
    console.log(error ? "refused" : "locked");
    if (process.argv[2]) setTimeout(() => {}, 60000);
});
JS
cat >simple.pl <<'PERL'
use LockFile::Simple;
$| = 1;
my $manager = LockFile::Simple->make(-max => 1, -stale => 1, -autoclean => 0, -wfunc => undef, -efunc => undef);
print $manager->trylock('shared/simple', 'shared/simple.lock') ? "locked\n" : "refused\n";
sleep 60 if @ARGV;
PERL
cat >pidfile.pl <<'PERL'
use Proc::PID::File;
$| = 1;
my $file = Proc::PID::File->new(dir => 'shared', name => 'perl');
if (@ARGV) { $file->write; print "written\n"; sleep 60 }
print $file->alive ? "alive\n" : "not alive\n";
PERL
chmod 755 .
mkdir -m 2777 shared
PERL5LIB=$work/root/usr/share/perl5
export PERL5LIB
as() { (umask 0; exec setpriv "--reuid=$1" --regid=65534 --clear-groups "${@:2}"); }
for program in 'node pidlockfile.js' 'perl simple.pl' 'perl pidfile.pl'; do
    read -ra command <<<"$program"
    as 65534 "${command[@]}" hold >said &
    holder=$!
    for _ in $(seq 100); do [ -s said ] && break; sleep 0.1; done
    echo "${command[1]}: first $(cat said), again $(as 65534 "${command[@]}"), root $("${command[@]}")," \
        "second $(as 65533 "${command[@]}"), the first's process $(kill -0 "$holder" && echo is there)"
    kill "$holder"
    wait "$holder" || true
    holder=
done | tee seen
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
pidlockfile.js: first locked, again refused, root refused, second locked, the first's process is there
simple.pl: first locked, again refused, root refused, second locked, the first's process is there
pidfile.pl: first written, again alive, root alive, second not alive, the first's process is there
END
