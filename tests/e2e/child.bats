# What the command gets, and what its end looks like from outside.

bats_require_minimum_version 1.5.0
load child.bash

@test "every exit status comes through" {
  for expected in $(seq 0 255); do
    local got=0
    "$RUN_CHILD" sh -c "exit $expected" || got=$?
    [ "$got" -eq "$expected" ] || { echo "exit $expected came as $got"; return 1; }
  done
}

@test "death by each signal comes as 128 plus its number" {
  for number in $(seq 1 64); do
    case $number in
      17 | 18 | 19 | 20 | 21 | 22 | 23 | 28 | 32 | 33) continue ;; # do not end a process, or libc's
    esac
    local got=0
    # dash knows real-time signals by number only
    "$RUN_CHILD" sh -c "kill -$number \$\$" || got=$?
    [ "$got" -eq $((128 + number)) ] || { echo "signal $number came as $got"; return 1; }
  done
}

@test "a command that is not there, or cannot be executed" {
  touch plain; echo 'exit 5' >no-hash-bang; printf '#!/no/such/interpreter\n' >bad-interpreter
  printf '#! %s/plain -x\n' "$PWD" >plain-interpreter
  mkdir directory
  chmod +x no-hash-bang bad-interpreter plain-interpreter
  while read -r expected command; do
    local got=0
    "$RUN_CHILD" $command >out 2>err || got=$?
    [ "$got" -eq "$expected" ] || { echo "'$command' gave $got, not $expected"; return 1; }
    if [ "$expected" -gt 5 ]; then
      [ "$(wc -l <err)" -eq 1 ]
      grep -q "${command##*/}" err
    fi
  done <<TABLE
127 no-such-command-anywhere
127 ./no-such-file
127 no-such-directory/file
126 plain/below-a-file
126 ./plain
126 ./directory
126 directory/
127 ./bad-interpreter
126 ./plain-interpreter
5   ./no-hash-bang
TABLE
  run -127 "$RUN_CHILD" ''
}

@test "PATH is searched as execvp does" {
  mkdir first second third
  echo 'exit 1' >first/tool # not executable: passed over
  printf '#!/bin/sh\nexit 2\n' >second/tool
  printf '#!/bin/sh\nexit 3\n' >third/tool
  chmod +x second/tool third/tool
  mkdir first/only-a-directory
  PATH="first:second:third:$PATH" run "$RUN_CHILD" tool
  [ "$status" -eq 2 ]
  PATH="no-such:first" run "$RUN_CHILD" tool
  [ "$status" -eq 126 ]
  PATH="first" run "$RUN_CHILD" only-a-directory
  [ "$status" -eq 126 ]
  cd second
  PATH="/nowhere:" run "$RUN_CHILD" tool # an empty entry is the current directory
  [ "$status" -eq 2 ]
  run env -u PATH "$RUN_CHILD" true
  [ "$status" -eq 0 ]
}

@test "arguments arrive byte for byte" {
  same_both_ways printf '%s\0' '' ' ' 'two words' "it's" '"' $'new\nline' '*' '$HOME' '-v' '--' \
    $'\xff\xfe invalid' $'\x01' '\' '-- --help'
  same_both_ways printf '%s\0' "$(head -c 100000 /dev/zero | tr '\0' x)"
}

@test "mask, dispositions, umask, limits, directory and environment are as given" {
  cat >facts <<'END'
#!/bin/sh
grep -E '^(Sig(Blk|Ign|Pnd)|Umask|NoNewPrivs|Cpus_allowed|Cap)' /proc/self/status
cat /proc/self/limits /proc/self/cgroup /proc/self/oom_score_adj
readlink /proc/self/cwd
ps -o ni= -p $$
cat /proc/$$/environ | tr '\0' '\n' | grep -v '^_='
END
  chmod +x facts
  same_both_ways ./facts
  grep -q '^HOME=' through.out # it was the environment, and not nothing
  umask 031
  same_both_ways ./facts
  (ulimit -n 77 -s 4096 && same_both_ways ./facts)
}

@test "odd signal masks and dispositions are handed on" {
  cat >launch <<'END'
import os, signal as S, sys
S.signal(S.SIGPIPE, S.SIG_DFL), S.signal(S.SIGXFSZ, S.SIG_DFL)  # python ignores them
everything = S.valid_signals() - {S.SIGKILL, S.SIGSTOP}
exec(sys.argv[1])
os.execv(sys.argv[2], sys.argv[2:])
END
  for oddity in 'S.pthread_sigmask(0, {S.SIGTERM, S.SIGCHLD, S.SIGUSR1})' \
    'S.pthread_sigmask(0, everything)' 'S.signal(S.SIGCHLD, S.SIG_IGN)' \
    'S.signal(S.SIGPIPE, S.SIG_IGN)' '[S.signal(n, S.SIG_IGN) for n in everything]'; do
    local facts='^Sig(Blk|Ign|Pnd)'
    python3 launch "$oddity" /bin/grep -E "$facts" /proc/self/status >direct
    python3 launch "$oddity" "$RUN_CHILD" /bin/grep -E "$facts" /proc/self/status >through
    diff direct through
  done
}

@test "every descriptor is handed on, and none of ours" {
  cat >list <<'END'
#!/bin/sh
find /proc/$$/fd -type l -printf '%f %l\n' >list.out
exit 0
END
  chmod +x list
  touch a b c
  compare() { # how to open and close, as the shell writes it; away from what bats has open
    sh -c "exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- >out 2>&1 </dev/null
      ./list $1; mv list.out direct; \"\$RUN_CHILD\" ./list $1; mv list.out through"
    diff direct through || { echo "with: $1"; return 1; }
  }
  compare ''
  compare '3<a 4<b 9>>c'
  compare '<&-'
  compare '>&-'
  compare '<&- >&- 2>&-'
  compare '<&- >&- 2>&- 3<a 5<b'
  compare '3<a 4<&- 5<&- 6<&- 7<&- 8<&- 9<b'
}

@test "a variable is added, the rest of the environment stays" {
  run env -i A=1 "$RUN_CHILD" --variable B=2 --variable 'C=three words' env
  [ "$output" = "A=1
B=2
C=three words" ]
}

@test "a job server's descriptors and tokens pass through" {
  for style in pipe fifo; do
    make --jobserver-style=$style --version >/dev/null 2>&1 || [ $style = pipe ] || continue
    printf 'all:\n\t+%s $(MAKE) -f inner\n' "$RUN_CHILD" >outer
    printf 'all: a b c d\na b c d:\n\t@sleep 0.05; echo $@\n' >inner
    make -j4 -f outer >out 2>&1
    ! grep -i jobserver out || return 1
    [ "$(grep -c '^[abcd]$' out)" -eq 4 ]
  done
}

@test "a pipe from the command ends with the command" {
  sh -c 'sleep 1000 & echo $! >left' # the comparison: a shell leaves it running, too
  kill "$(cat left)"
  [ "$(timeout 20 "$RUN_CHILD" sh -c 'echo done' | cat)" = done ]
  timeout 20 "$RUN_CHILD" sh -c 'sleep 1000 >/dev/null 2>&1 & echo $! >left; echo done' | cat
  kill -0 "$(cat left)" # what it leaves behind by itself is left alone
  kill "$(cat left)"
}

@test "standard input belongs to the command" {
  printf 'one\ntwo\n' >input
  [ "$("$RUN_CHILD" cat <input)" = "$(cat input)" ]
  [ "$({ "$RUN_CHILD" head -n 1 && cat; } <input | wc -l)" -ge 1 ]
  [ "$(yes | timeout 20 "$RUN_CHILD" head -n 1)" = y ]
}

# Without a terminal: setsid takes it away.
start_logging() { # options of run-child...
  rm -f log
  # the shell has them ignore SIGINT and SIGQUIT in the background
  env --default-signal setsid "$RUN_CHILD" "$@" "$SIGNAL_LOG" log 3>&- &
  runner=$!
  until_true grep -q ready log
  command=$(awk '/ready/ { print $2 }' log)
}

@test "each signal sent to withlock reaches the command once" {
  start_logging
  for number in $(seq 1 63); do
    case $number in
      9 | 17 | 19 | 21 | 22 | 23 | 32 | 33) continue ;; # cannot be had, or are nobody else's business
    esac
    kill -"$number" "$runner"
    until_true grep -qx "$number" log
  done
  kill -URG "$runner" # is passed on by nobody
  kill -64 "$runner"
  wait "$runner"
  # each but those once: a repetition would show by now, since the last came after it
  [ "$(grep -vc ready log)" -eq 56 ]
  [ "$(sort log | uniq -d | wc -l)" -eq 0 ]
}

@test "without a terminal the command leads a group of its own, and the group is signalled" {
  setsid "$RUN_CHILD" sh -c "trap '' TERM; echo \$\$ >leader; $SIGNAL_LOG log" 3>&- &
  runner=$!
  until_true grep -q ready log
  [ "$(ps -o pgid= -p "$(cat leader)" | tr -d ' ')" = "$(cat leader)" ]
  kill -TERM "$runner"
  until_true grep -qx 15 log
  kill -64 "$runner"
  wait "$runner" || [ $? -eq 192 ] # the shell dies of it, the grandchild ends
}

@test "a signal ignored on entry stays ignored" {
  (trap '' INT TERM USR1; exec setsid "$RUN_CHILD" "$SIGNAL_LOG" log 3>&-) &
  runner=$!
  until_true grep -q ready log
  kill -INT "$runner"
  kill -TERM "$runner"
  kill -USR1 "$runner"
  kill -HUP "$runner"
  until_true grep -qx 1 log
  kill -64 "$runner"
  wait "$runner"
  [ "$(tr '\n' ' ' <log | cut -d' ' -f 3-)" = "1 64 " ]
}

@test "the command may end while signals rain" {
  for attempt in 1 2 3 4 5 6 7 8; do
    setsid "$RUN_CHILD" sh -c 'trap "" TERM; exit 7' 3>&- &
    runner=$!
    local got=0
    while kill -USR2 "$runner" 2>/dev/null && kill -TERM "$runner" 2>/dev/null; do :; done
    wait "$runner" || got=$?
    case $got in 7 | 140 | 143) ;; *) echo "status $got"; return 1 ;; esac
  done
}
