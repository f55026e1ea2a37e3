#!/bin/bash
# shelljs-killed - exec() of ShellJS has code 0 and no error for a command that was killed.
#
# Version    shelljs 0.10.0 and 0.8.5 (npm).
# Behaviour  shell.exec(COMMAND) waits and returns an object with the exit code; scripts go on if it is 0,
#            and with config.fatal, or "set -e", ShellJS throws where it is not. If a signal has ended
#            the command (out of memory, a limit of CI, a lock that was lost) code is 0, error() is null,
#            and nothing is thrown: "if (exec('./migrate').code === 0) publish()" publishes. With a
#            callback code is null. Its newer cmd() has 1.
# Seen       exit 3: code 3, thrown if fatal. Killed by KILL, TERM or INT: code 0, no error, not thrown. One
#            would expect 137, 143 and 130, or an error.
#
# Needs npm, node and the network of npm's packages; installs into a temporary folder.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund shelljs@0.10.0 shelljs-0.8@npm:shelljs@0.8.5 >npm.log 2>&1 ||
    { cat npm.log; echo "cannot install from npm"; exit 77; }
cat >run.js <<'JS'
for (const module of ["shelljs", "shelljs-0.8"]) {
    const shell = require(module);
    shell.config.silent = true;
    for (const command of ["exit 3", "kill -KILL $$", "kill -TERM $$", "kill -INT $$"]) {
        shell.config.fatal = false;
        const { code } = shell.exec(command);
        const error = shell.error() ? "error" : "no error";
        let fatal = "not thrown";
        shell.config.fatal = true;
        try { shell.exec(command); } catch { fatal = "thrown"; }
        console.log(`${require(`${module}/package.json`).version}, ${command}: code ${code}, ${error}; fatal: ${fatal}`);
    }
}
JS
node run.js | tee seen
for version in 0.10.0 0.8.5; do
    echo "$version, exit 3: code 3, error; fatal: thrown"
    printf "$version, kill -%s \$\$: code 0, no error; fatal: not thrown\n" KILL TERM INT
done | diff - seen || { echo "changed: this is no longer what the header says"; exit 1; }
