#!/bin/bash
# etcdctl-lock - etcdctl lock runs its command on when it is sent TERM, and when the lock is gone.
#
# Version    etcd-client and etcd-server 3.4.23 (Debian 12; the packages' number is printed).
# Behaviour  "etcdctl lock NAME -- COMMAND" catches TERM and INT for the time in which it waits. Once
#            the command runs nothing comes of them any more: etcdctl does not end, and the command
#            is not told; it runs to its end, and the status is 0. Nor does etcdctl look at its lease
#            while the command runs: if it has gone (revoked here; expired after a pause that is
#            longer than --ttl, say) the next contender enters beside the command. The command's
#            input is empty, whatever etcdctl's is.
# Seen       TERM: the command goes on to its end, status 0. Lease revoked: two commands at once.
#            Input: not handed on. One would expect TERM to be passed on, and the command to be ended.
#
# Needs apt and the network of Debian's packages; installs into a temporary folder.
set -euo pipefail
version=3.4.23
work=$(mktemp -d)
etcd=
trap '[ -z "$etcd" ] || kill "$etcd" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
found=$(apt-cache madison etcd-client | awk -v v="$version" 'index($3, v) == 1 { print $3; exit }')
[ -n "$found" ] && apt-get download -q "etcd-client=$found" "etcd-server=$found" >/dev/null 2>&1 ||
    { echo "cannot fetch etcd $version"; exit 77; }
for package in ./*.deb; do dpkg-deb -x "$package" root; done

export ETCDCTL_API=3 ETCD_UNSUPPORTED_ARCH=$(dpkg --print-architecture)
[ "$ETCD_UNSUPPORTED_ARCH" != amd64 ] || unset ETCD_UNSUPPORTED_ARCH
port=$((20000 + RANDOM % 10000))
url=http://127.0.0.1:$port
root/usr/bin/etcd --data-dir data --listen-client-urls "$url" --advertise-client-urls "$url" \
    --listen-peer-urls "http://127.0.0.1:$((port + 1))" >etcd.log 2>&1 &
etcd=$!
ctl() { root/usr/bin/etcdctl --endpoints "$url" "$@"; }
until_true() { for _ in $(seq 200); do "$@" && return; sleep 0.1; done; echo "never: $*" >&2; exit 1; }
until_true sh -c "root/usr/bin/etcdctl --endpoints $url get x >/dev/null 2>&1"

input=$(echo words | ctl lock in -- cat)
root/usr/bin/etcdctl --endpoints "$url" lock a -- \
    sh -c 'trap "echo told >told" TERM; touch running; while [ ! -e go ]; do sleep 0.1; done; touch ended' &
holder=$!
until_true test -e running
kill -TERM "$holder"
sleep 2 # for what does not happen
kill -0 "$holder"
touch go
status=0
wait "$holder" || status=$?

rm running go
root/usr/bin/etcdctl --endpoints "$url" lock b -- \
    sh -c 'touch running; while [ ! -e go ]; do sleep 0.1; done; echo "$(cat second)" >both' &
holder=$!
until_true test -e running
lease=$(ctl get b --prefix -w fields | sed -n 's/^"Lease" : //p')
ctl lease revoke "$(printf '%x' "$lease")" >/dev/null
timeout 20 root/usr/bin/etcdctl --endpoints "$url" lock b -- sh -c 'echo "in beside the first" >second'
touch go
wait "$holder" || true

echo "etcd $found"
echo "TERM: the command was $([ -e told ] && echo told || echo not told), status $status"
echo "lease revoked: the second was $(cat both)"
echo "input: '$input'"
[ ! -e told ] && [ -e ended ] && [ "$status|$input|$(cat both)" = '0||in beside the first' ] ||
    { echo "changed: this is no longer what the header says"; exit 1; }
