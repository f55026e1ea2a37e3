#!/bin/bash
# npm-env-runners - what sets variables for a command loses that it was killed, or that it still runs.
#
# Version    dotenv-cli 11.0.0, cross-env 10.1.0 and env-cmd 11.0.0 (npm).
# Behaviour  They stand before commands in package.json: "dotenv -- migrate && publish". All hand on
#            an exit status. 1. dotenv: if TERM or INT has ended the command, it sends itself the same
#            signal, but catches it itself, and ends with 0; KILL is handed on. 2. cross-env: 0 after
#            INT, 1 after any other signal. 3. env-cmd hands TERM on to the command, and ends at
#            once, while the command still cleans up: who waited for env-cmd (a lock, a container's
#            init) goes on too early, and its status, 143, is not the command's.
#            None of their READMEs speaks of it.
# Seen       exit 3: 3 from all. Command ended by INT: 0, 0, 130. By TERM: 0, 1, 143. By KILL: 137, 1, 137.
#            TERM to the tool, the command cleans up and ends with 5: dotenv and cross-env wait, and end
#            with 5; env-cmd ends with 143 and the command is still there.
#
# Needs npm, node 20 and the network of npm's packages; installs into a temporary folder.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund dotenv-cli@11.0.0 cross-env@10.1.0 env-cmd@11.0.0 >npm.log 2>&1 ||
    { cat npm.log; echo "cannot install from npm"; exit 77; }
touch empty
dotenv=(node_modules/.bin/dotenv -e empty --)
cross_env=(node_modules/.bin/cross-env 'A=1')
env_cmd=(node_modules/.bin/env-cmd -f empty)

cat >cleaning <<'SH'
#!/bin/sh
trap 'touch told; for try in $(seq 200); do [ -e go ] && break; sleep 0.1; done; exit 5' TERM
touch running
while :; do sleep 0.1; done
SH
chmod +x cleaning
until_there() { for _ in $(seq 200); do [ -e "$1" ] && return; sleep 0.1; done; echo "no $1" >&2; exit 1; }

try() { # NAME TOOL...
    local name=$1 status job running
    shift
    echo -n "$name:"
    for job in 'exit 3' 'kill -INT $$' 'kill -TERM $$' 'kill -KILL $$'; do
        echo "$job" >job
        status=0
        "$@" sh job || status=$?
        echo -n " $status"
    done
    rm -f told go running
    "$@" ./cleaning &
    running=$!
    until_there running
    kill -TERM "$running"
    until_there told
    for _ in $(seq 20); do kill -0 "$running" || break; sleep 0.1; done
    if kill -0 "$running"; then echo -n ', waits'; else echo -n ', does not wait'; fi
    touch go
    status=0
    wait "$running" || status=$?
    echo ", $status"
}
{
    try dotenv "${dotenv[@]}"
    try cross-env "${cross_env[@]}"
    try env-cmd "${env_cmd[@]}"
} 2>/dev/null | tee seen
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
dotenv: 3 0 0 137, waits, 5
cross-env: 3 0 1 1, waits, 5
env-cmd: 3 130 143 137, does not wait, 143
END
