# Helpers for the tests of the command's treatment. RUN_CHILD and SIGNAL_LOG come from meson.

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
  ulimit -c 0
  # the sanitizer would take these signals for itself
  local faults=handle_segv=0:handle_sigbus=0:handle_sigfpe=0
  export ASAN_OPTIONS="$ASAN_OPTIONS:$faults" TSAN_OPTIONS="$TSAN_OPTIONS:$faults"
}

# What a failed test has left running; its guardian sees to the rest.
teardown() {
  [ -z "${runner:-}" ] || kill -KILL "$runner" 2>/dev/null || true
}

# Waits until a command succeeds; the limit only keeps a broken build from hanging.
until_true() {
  local tries=0
  until "$@"; do
    tries=$((tries + 1))
    [ "$tries" -lt 1000 ] || { echo "never true: $*" >&2; return 1; }
    sleep 0.02
  done
}

# Runs a command directly and through run-child, and compares status, output and errors.
same_both_ways() {
  local status=0
  "$@" >direct.out 2>direct.err || status=$?
  echo "$status" >>direct.err
  status=0
  "$RUN_CHILD" "$@" >through.out 2>through.err || status=$?
  echo "$status" >>through.err
  diff direct.out through.out && diff direct.err through.err
}
