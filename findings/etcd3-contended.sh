#!/bin/bash
# etcd3-contended - a lock of python3-etcd3 works as long as nobody else wants it.
#
# Version    python3-etcd3 0.12.0 with python3-tenacity 8.2.1 (as Debian 12 puts them together), against
#            etcd-server 3.4.23; the packages' numbers are printed.
# Behaviour  Lock.acquire() tries again by tenacity, which it gives a function for the pauses with two
#            parameters; this tenacity calls such with one. That function is reached
#            only if somebody else has the lock. So each test with one process passes, and where the lock
#            is needed, whoever should wait for it gets a TypeError.
# Seen       Alone: True. Contended: TypeError at once, with and without a timeout, and from "with"; only
#            timeout=0 is told False. One would expect False when the timeout is over.
#
# Needs apt, python3 and the network of Debian's packages; installs into a temporary folder.
set -euo pipefail
work=$(mktemp -d)
etcd=
trap '[ -z "$etcd" ] || kill "$etcd" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
pinned='^python3-etcd3=0[.]12[.]0-|^python3-tenacity=8[.]2[.]1-|^etcd-server=3[.]4[.]23-'
mapfile -t found < <(apt-cache madison python3-etcd3 python3-tenacity etcd-server |
    awk -v pinned="$pinned" '($1 "=" $3) ~ pinned && !had[$1]++ { print $1 "=" $3 }')
{ [ "${#found[@]}" = 3 ] && apt-get download -q "${found[@]}" python3-grpcio python3-protobuf python3-six libgrpc29 \
    libabsl20220623 libc-ares2 libre2-9 libprotobuf32 >/dev/null 2>&1; } || { echo "cannot fetch $pinned"; exit 77; }
for package in ./*.deb; do dpkg-deb -x "$package" root; done
echo "${found[@]}"

ETCD_UNSUPPORTED_ARCH=$(dpkg --print-architecture)
[ "$ETCD_UNSUPPORTED_ARCH" = amd64 ] || export ETCD_UNSUPPORTED_ARCH
port=$((20000 + RANDOM % 10000))
url=http://127.0.0.1:$port
root/usr/bin/etcd --data-dir data --listen-client-urls "$url" --advertise-client-urls "$url" \
    --listen-peer-urls "http://127.0.0.1:$((port + 1))" >etcd.log 2>&1 &
etcd=$!
for _ in $(seq 200); do grep -q 'ready to serve client requests' etcd.log && break; sleep 0.1; done

cat >lock.py <<'PYTHON'
import sys, time
import etcd3
first, second = (etcd3.client(port=int(sys.argv[1])) for _ in range(2))

def attempt(what):
    since = time.monotonic()
    try:
        outcome = what()
    except TypeError:
        outcome = "TypeError"
    return f"{outcome} {'at once' if time.monotonic() - since < 0.9 else 'in time'}"

def by_with():
    with second.lock("deploy", ttl=60):
        return "entered"

print("alone:", attempt(first.lock("deploy", ttl=60).acquire))
print("timeout=1:", attempt(lambda: second.lock("deploy", ttl=60).acquire(timeout=1)))
print("timeout=0:", attempt(lambda: second.lock("deploy", ttl=60).acquire(timeout=0)))
print("timeout=None:", attempt(lambda: second.lock("deploy", ttl=60).acquire(timeout=None)))
print("with:", attempt(by_with))
PYTHON
libraries=$(dirname "$(find "$work/root" -name 'libgrpc.so.*' | head -n 1)")
LD_LIBRARY_PATH=$libraries PYTHONPATH=root/usr/lib/python3/dist-packages timeout 100 /usr/bin/python3 lock.py "$port" | tee seen
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
alone: True at once
timeout=1: TypeError at once
timeout=0: False at once
timeout=None: TypeError at once
with: TypeError at once
END
