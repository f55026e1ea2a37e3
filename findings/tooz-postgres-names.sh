#!/bin/bash
# tooz-postgres-names - locks of different names are one and the same to tooz's driver for PostgreSQL.
#
# Version    python3-tooz 3.1.0 with python3-psycopg2 2.9.5, on postgresql-15 15.20 (Debian 12; the packages' numbers
#            are printed).
# Behaviour  PostgreSQL's advisory locks are known by a number of 64 bits, or by two of 32. tooz makes two of the MD5 of
#            a lock's name, but of a single byte each, so that all names there are share 65536 locks. Among 300 names
#            two are likely to be the same lock, among a thousand there are seven such pairs. Who has one of a pair
#            keeps the other's users out, and who wants to hold both waits for itself, for ever, though its
#            own acquire() is the only one. Two other names never do that, and no test with few names finds it.
# Seen       "volume-96" and "volume-270": one held, the other refused; to another process as well. "volume-96" and
#            "volume-271": both held. One would expect that each time.
#
# Needs apt, python3, what PostgreSQL depends on apart from libllvm, libicu, libxml2 and libldap, and the network of
# Debian's packages; installs into a temporary folder.
set -euo pipefail
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || { kill -INT "$server"; wait "$server" || true; }; rm -rf "$work"' EXIT
cd "$work"
for pinned in python3-tooz=3.1.0 python3-psycopg2=2.9.5 postgresql-15=15.20; do
    found=$(apt-cache madison "${pinned%=*}" | awk -v v="${pinned#*=}" 'index($3, v) == 1 { print $3; exit }')
    { [ -n "$found" ] && apt-get download -q "${pinned%=*}=$found" >/dev/null 2>&1; } ||
        { echo "cannot fetch $pinned"; exit 77; }
    echo "${pinned%=*} $found"
done
apt-get download -q libpq5 libicu72 libxml2 libllvm14 libldap-2.5-0 python3-oslo.{utils,serialization,i18n} \
    python3-{fasteners,voluptuous,msgpack,stevedore,futurist,pbr,debtcollector,wrapt,netaddr,netifaces,pyparsing} \
    python3-{tz,iso8601,packaging,importlib-metadata,zipp,more-itertools,six,tenacity} >/dev/null 2>&1 ||
    { echo "cannot fetch what they need"; exit 77; }
for package in ./*.deb; do dpkg-deb -x "$package" root; done
LD_LIBRARY_PATH=$(echo "$work"/root/usr/lib/*-linux-gnu)
as_user=()
mkdir data
if [ "$(id -u)" = 0 ]; then # which PostgreSQL does not want to be
    as_user=(setpriv --reuid=nobody --clear-groups)
    chmod 755 .
    chown nobody data
fi
postgres() { LD_LIBRARY_PATH=$LD_LIBRARY_PATH "${as_user[@]}" "root/usr/lib/postgresql/15/bin/$1" -D data "${@:2}"; }
postgres initdb -A trust -U test --no-sync --no-locale -E UTF8 >server.log 2>&1
port=$((20000 + RANDOM % 10000))
LD_LIBRARY_PATH=$LD_LIBRARY_PATH "${as_user[@]}" root/usr/lib/postgresql/15/bin/postgres -D data -F \
    -c listen_addresses=127.0.0.1 -p "$port" -c unix_socket_directories= >>server.log 2>&1 &
server=$!
for _ in $(seq 200); do grep -qs 'ready to accept connections' server.log && break; sleep 0.1; done
cat >lock.py <<'PYTHON'
import subprocess, sys
from tooz import coordination
def lock(name):
    coordinator = coordination.get_coordinator(sys.argv[1], b"member")
    coordinator.start()
    return coordinator.get_lock(name.encode())
def said(got):
    return "held" if got else "refused"
if sys.argv[2:]:
    print(said(lock(sys.argv[2]).acquire(blocking=False)))
    sys.exit()
for one, other in (("volume-96", "volume-270"), ("volume-96", "volume-271")):
    first = lock(one)
    print(f"{one} {said(first.acquire(blocking=False))}, {other} {said(lock(other).acquire(blocking=False))}, to another process",
          subprocess.run([sys.executable, __file__, sys.argv[1], other], capture_output=True, text=True).stdout.strip())
    first.release()
PYTHON
PYTHONPATH=$work/root/usr/lib/python3/dist-packages LD_LIBRARY_PATH=$LD_LIBRARY_PATH \
    timeout 60 /usr/bin/python3 -W ignore lock.py "postgresql://test@127.0.0.1:$port?dbname=postgres" | tee seen
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
volume-96 held, volume-270 refused, to another process refused
volume-96 held, volume-271 held, to another process held
END
