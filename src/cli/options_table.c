#include "options_table.h"

#define DAY_MS      (24LL * 3600 * 1000)
#define FIELD(name) offsetof(struct options, name)

/* clang-format off */
const struct option_row options_table[] = {
    {'p', "prefix", OPTION_TEXT, FIELD(prefix), 0, 0, "PREFIX",
     "the lock: a log group prefix, the same for all", true},
    {'i', "id", OPTION_TEXT, FIELD(id), 0, 0, "ID",
     "identifier of this contender (unique)", true},
    {'l', "label", OPTION_TEXT, FIELD(label), 0, 0, "TEXT", "words for others to see", true},
    {'w', "timeout", OPTION_DURATION, FIELD(wait_ms), 0, 366 * DAY_MS, "SECS",
     "wait at most SECS; 0 is -n (for ever)", true},
    {0, "wait", OPTION_DURATION, FIELD(wait_ms), 0, 366 * DAY_MS, "SECS", NULL, true},
    {'n', "nonblock", OPTION_NOWAIT, FIELD(wait_ms), 0, 0, NULL, "fail rather than wait", true},
    {0, "nonblocking", OPTION_NOWAIT, FIELD(wait_ms), 0, 0, NULL, NULL, true},
    {0, "nb", OPTION_NOWAIT, FIELD(wait_ms), 0, 0, NULL, NULL, true},
    {0, "max-attempts", OPTION_NUMBER, FIELD(max_attempts), 1, 1000000, "N",
     "give up after N looks with somebody ahead", true},
    {0, "retry-delay", OPTION_DURATION, FIELD(retry_delay_ms), 1, DAY_MS, "SECS",
     "look every SECS (by queue position)", true},
    {0, "no-queue", OPTION_FLAG, FIELD(no_queue), 0, 0, NULL,
     "withdraw after a lost try and try afresh", true},
    {'E', "conflict-exit-code", OPTION_NUMBER, FIELD(conflict_exit_code), 0, 255, "N",
     "exit status when it was not obtained (1)", true},
    {'t', "lock-timeout", OPTION_SECONDS, FIELD(lock_timeout_ms), 15000, 31 * DAY_MS, "SECS",
     "age at which an attempt is abandoned (900)", true},
    {0, "role-timeout", OPTION_SECONDS, FIELD(role_timeout_ms), 15000, 31 * DAY_MS, "SECS",
     "lock_timeout_seconds of Ansible peers (900)", true},
    {0, "settle", OPTION_DURATION, FIELD(settle_ms), 0, 3 * DAY_MS, "SECS",
     "how old an own attempt must be to win (1)", true},
    {'k', "kill-after", OPTION_DURATION, FIELD(kill_after_ms), 0, 31 * DAY_MS, "SECS",
     "when the lock is lost: from TERM to KILL (10)", true},
    {0, "on-lost", OPTION_CHOICE, FIELD(on_lost), 0, 0, "kill|warn",
     "what to do with the command then (kill)", true},
    {0, "release-timeout", OPTION_DURATION, FIELD(release_timeout_ms), 1, DAY_MS, "SECS",
     "how long to keep trying to release (30)", true},
    {'c', "command", OPTION_TEXT, FIELD(shell_command), 0, 0, "STRING",
     "run STRING by $SHELL -c", false},
    {0, "region", OPTION_TEXT, FIELD(region), 0, 0, "REGION", "as in the AWS CLI", true},
    {0, "profile", OPTION_TEXT, FIELD(profile), 0, 0, "NAME", "as in the AWS CLI", true},
    {0, "endpoint-url", OPTION_TEXT, FIELD(endpoint_url), 0, 0, "URL", "as in the AWS CLI", true},
    {0, "ca-bundle", OPTION_TEXT, FIELD(ca_bundle), 0, 0, "FILE", "as in the AWS CLI", true},
    {0, "connect-timeout", OPTION_DURATION, FIELD(connect_timeout_ms), 1, DAY_MS, "SECS",
     "of one request (5)", true},
    {0, "read-timeout", OPTION_DURATION, FIELD(read_timeout_ms), 1, DAY_MS, "SECS",
     "of one request (30)", true},
    {'v', "verbose", OPTION_COUNT, FIELD(verbose), 0, 0, NULL,
     "say more; repeat for the calls made", true},
    {'q', "quiet", OPTION_FLAG, FIELD(quiet), 0, 0, NULL, "nothing but errors", true},
    {'V', "version", OPTION_ACTION, FIELD(action), OPTIONS_VERSION, 0, NULL,
     "print the version", false},
    {'h', "help", OPTION_ACTION, FIELD(action), OPTIONS_HELP, 0, NULL, "print this", false},
};
/* clang-format on */

const size_t options_table_rows = sizeof(options_table) / sizeof(options_table[0]);
