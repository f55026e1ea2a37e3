# cases.bash - cases of one test that wait more than they compute: side by side, for bats files.

LIMIT_S=600 # for one case

# begin CASE COMMAND...: runs it in the background; leaves what it says in a file, and then its
# status in another. For setup_file, and for tests.
begin() {
    local file=$BATS_FILE_TMPDIR/$1 status=0
    shift
    {
        "$@" || status=$?
        echo "$status" >"$file.status"
    } >"$file" 2>&1 3>&- 4>&- &
}

# went_well CASE: waits for its end.
went_well() {
    local file=$BATS_FILE_TMPDIR/$1
    for ((second = 0; second < LIMIT_S; second++)); do
        [ ! -s "$file.status" ] || break
        sleep 1
    done
    cat "$file"
    [ -z "${WITHLOCK_TEST_LONG:-}" ] || sed 's/^/# /' "$file" >&3
    [ "$(cat "$file.status")" = 0 ]
}
