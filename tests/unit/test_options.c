#include "unit.h"

#include "../../src/cli/options_value.h"
#include "cli/options.h"

#define WORDS_MAX 12

static const char *variables[8]; /* "NAME=VALUE" of the row under test */

static const char *environment(const char *name)
{
    for (size_t i = 0; i < 8 && variables[i]; i++)
        if (strncmp(variables[i], name, strlen(name)) == 0 && variables[i][strlen(name)] == '=')
            return variables[i] + strlen(name) + 1;
    return NULL;
}

static int parse(struct options *options, const char *const *words, struct error *err)
{
    static char *argv[WORDS_MAX + 2]; /* outlives the call, as main's does */
    memset(argv, 0, sizeof(argv));
    argv[0] = (char *)"withlock";
    int argc = 1;
    for (; argc <= WORDS_MAX && words[argc - 1]; argc++)
        argv[argc] = (char *)words[argc - 1];
    return options_parse(options, argc, argv, environment, err);
}

static void refused_with_one_line(void **state)
{
    (void)state;
    static const struct {
        const char *words[WORDS_MAX];
        const char *holds[3]; /* must stand in the message */
    } rows[] = {
        {{"true"}, {"-p PREFIX", "WITHLOCK_PREFIX", "'true' was taken for the command"}},
        {{"-v"}, {"-p PREFIX", "WITHLOCK_PREFIX", "--help"}},
        {{"-p", "", "true"}, {"prefix", "empty"}},
        {{"-p", "a/", "true"}, {"'a/'"}},
        {{"-p", "aws/x", "true"}, {"'aws/x'"}},
        {{"-p", "aws", "true"}, {"'aws'", "aws/"}},
        {{"-p", "AWS/x", "true"}, {"'AWS/x'"}},
        {{"-p", "/aws/x", "true"}, {"'/aws/x'", "/aws/"}},
        {{"-p", "x/aws-controltower", "true"}, {"aws-controltower"}},
        {{"-p", "a b", "true"}, {"'a b'", "A-Za-z0-9_/.#-"}},
        {{"-p", "a\xff", "true"}, {"'a?'"}},
        {{"-p", "x", "-i", "a/b", "true"}, {"'a/b'"}},
        {{"-p", "x", "-i", "a#b", "true"}, {"'a#b'"}},
        {{"-p", "x", "-i", "", "true"}, {"ID"}},
        {{"-p", "x"}, {"command"}},
        {{"-p", "x", "--"}, {"command"}},
        {{"-p", "x", "-c", "true", "true"}, {"--command"}},
        {{"-p"}, {"-p"}},
        {{"-p", "x", "--frob", "true"}, {"--frob"}},
        {{"-p", "x", "-Z", "true"}, {"-Z"}},
        {{"-p", "x", "-t", "0", "true"}, {"'0'", "15"}},
        {{"-p", "x", "-t", "14", "true"}, {"'14'"}},
        {{"-p", "x", "-t", "15.5", "true"}, {"'15.5'", "whole"}},
        {{"-p", "x", "-t", "-1", "true"}, {"'-1'"}},
        {{"-p", "x", "-t", "99999999999999999999", "true"}, {"99999999999999999999"}},
        {{"-p", "x", "-w", "x", "true"}, {"'x'"}},
        {{"-p", "x", "-w", "-5", "true"}, {"'-5'"}},
        {{"-p", "x", "-E", "256", "true"}, {"'256'", "255"}},
        {{"-p", "x", "--settle", "91", "true"}, {"'91'", "90"}},
        {{"-p", "x", "-t", "15", "--settle", "1.6", "true"}, {"1.600", "1.500"}},
        {{"-p", "x", "-t", "15", "-k", "6", "true"}, {"'6'", "third"}},
        {{"-p", "x", "--role-timeout", "60", "true"}, {"'60'", "900"}},
        {{"-p", "x", "--on-lost", "pray", "true"}, {"'pray'", "kill|warn"}},
        {{"-p", "x", "--max-attempts", "0", "true"}, {"'0'"}},
        {{"-p", "x", "--max-waiters", "-1", "true"}, {"'-1'"}},
        {{"-p", "x", "--min-hold", "soon", "true"}, {"'soon'"}},
        {{"-p", "x", "--max-hold", "0", "true"}, {"'0'"}},
        {{"-p", "x", "--expect", "0", "true"}, {"'0'"}},
        {{"-p", "x", "--expect", "367d", "true"}, {"'367d'"}},
        {{"-p", "x", "--max-hold", "1", "--min-hold", "1.5", "true"},
         {"'1.500'", "--max-hold of 1 s"}},
        {{"-p", "x", "--list", "true"}, {"--list takes no command 'true'"}},
        {{"--list", "--watch", "0.5"}, {"'0.5'"}},
        {{"-p", "x", "--watch", "5", "true"}, {"--watch goes with"}},
        {{"-p", "x", "--slots", "0", "true"}, {"'0'", "1000"}},
        {{"-p", "x", "-N", "1001", "true"}, {"'1001'", "1000"}},
        {{"-p", "x", "-N", "-1", "true"}, {"'-1'"}},
        {{"-p", "x", "-N", "3", "-s", "true"}, {"--slots '3'", "--shared"}},
        {{"-p", "x", "-N", "1", "--shared", "true"}, {"--slots '1'", "--shared"}},
        {{"-p", "x", "--log-format", "xml", "true"}, {"'xml'", "text|json"}},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct options options;
        struct error err = {0};
        const char *row = rows[i].words[2] ? rows[i].words[2] : rows[i].words[0];
        check_row(parse(&options, rows[i].words, &err) == -1, row);
        check_row(err.kind == ERROR_USAGE, row);
        check_row(!strchr(err.text, '\n'), row);
        for (size_t k = 0; k < 3 && rows[i].holds[k]; k++)
            check_row(strstr(err.text, rows[i].holds[k]), err.text);
    }
}

/* Every option that takes a time takes it in all forms; the bounds are the option's own. */
static void every_duration_takes_every_form(void **state)
{
    (void)state;
    static const struct {
        const char *form;
        int64_t ms;
    } forms[] = {{"90", 90000},    {"90s", 90000},     {"15m", 900000}, {"2h", 7200000},
                 {"1d", 86400000}, {"1h30m", 5400000}, {"1.5", 1500},   {"1.5m", 90000}};
    unsigned tried = 0;
    for (size_t i = 0; i < options_table_rows; i++) {
        const struct option_row *row = &options_table[i];
        if (row->kind != OPTION_DURATION && row->kind != OPTION_SECONDS)
            continue;
        for (size_t k = 0; k < sizeof(forms) / sizeof(forms[0]); k++) {
            struct options options = {0};
            struct error err = {0};
            struct option_given given = {row, row->name, forms[k].form};
            bool fits = forms[k].ms >= row->min && forms[k].ms <= row->max &&
                        (row->kind == OPTION_DURATION || forms[k].ms % 1000 == 0);
            check_row((options_set(&options, &given, &err) == 0) == fits, row->name);
            int64_t *field = (int64_t *)((char *)&options + row->offset);
            check_row(*field == (fits ? forms[k].ms : 0), forms[k].form);
            tried++;
        }
    }
    assert_true(tried >= 80);
}

static void settings_with_a_wrong_name(void **state)
{
    (void)state;
    static const struct {
        const char *variable;
        const char *meant; /* NULL: not ours, or right */
    } rows[] = {
        {"WITHLOCK_TIMOUT=5", "WITHLOCK_TIMEOUT"},
        {"WITHLOCK_LOCKTIMEOUT=60", "WITHLOCK_LOCK_TIMEOUT"},
        {"WITHLOCK_LOCK-TIMEOUT=60", "WITHLOCK_LOCK_TIMEOUT"},
        {"WITHLOCK_PERFIX=x", "WITHLOCK_PREFIX"},
        {"WITHLOCK_NON_BLOCK=1", "WITHLOCK_NONBLOCK"},
        {"WITHLOCK_LABLE", "WITHLOCK_LABEL"},
        {"withlock_timeout=5", "WITHLOCK_TIMEOUT"},
        {"WITHLOCK_TIMEOUT=5", NULL},
        {"WITHLOCK_STATUS=1", NULL},
        {"WITHLOCK_HELD_PREFIX=x", NULL},
        {"WITHLOCK_BUILD=x", NULL},
        {"WITHLOCK_VERSION=1", NULL},
        {"WITHLOCK_X=1", NULL},
        {"WITHLOCK_=1", NULL},
        {"WITHLOCKS=1", NULL},
        {"TIMOUT=5", NULL},
        {"=x", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char meant[OPTIONS_VARIABLE_BYTES] = "";
        bool found = options_misnamed(rows[i].variable, meant);
        check_row(found == (rows[i].meant != NULL), rows[i].variable);
        check_row(!found || strcmp(meant, rows[i].meant) == 0, meant);
    }
    char longest[1024];
    memset(longest, 'A', sizeof(longest));
    memcpy(longest, "WITHLOCK_", 9);
    longest[sizeof(longest) - 1] = '\0';
    assert_false(options_misnamed(longest, (char[OPTIONS_VARIABLE_BYTES]){0}));
}

static void wrong_words_are_said_in_the_format_asked_for(void **state)
{
    (void)state;
    static const struct {
        const char *preset;
        const char *words[WORDS_MAX];
        enum options_log_format format;
    } rows[] = {
        {NULL, {"--frob"}, OPTIONS_LOG_TEXT},
        {NULL, {"--frob", "--log-format", "json"}, OPTIONS_LOG_JSON},
        {NULL, {"--log-format=json", "-w", "soon", "true"}, OPTIONS_LOG_JSON},
        {NULL, {"--log-format=json", "true"}, OPTIONS_LOG_JSON},
        {NULL, {"-Z", "-p", "x", "--log-format=json", "-p"}, OPTIONS_LOG_JSON},
        {NULL, {"true", "--log-format=json"}, OPTIONS_LOG_TEXT},
        {NULL, {"--log-format=xml", "true"}, OPTIONS_LOG_TEXT},
        {"WITHLOCK_LOG_FORMAT=json", {"--frob"}, OPTIONS_LOG_JSON},
        {"WITHLOCK_LOG_FORMAT=json", {"--log-format=text", "--frob"}, OPTIONS_LOG_TEXT},
        {"WITHLOCK_LOG_FORMAT=xml", {"-p", "x", "true"}, OPTIONS_LOG_TEXT},
        {"WITHLOCK_LOG_FORMAT=", {"--frob"}, OPTIONS_LOG_TEXT},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct options options;
        struct error err = {0};
        variables[0] = rows[i].preset;
        check_row(parse(&options, rows[i].words, &err) == -1, rows[i].words[0]);
        check_row(options.log_format == rows[i].format, rows[i].words[0]);
    }
    memset(variables, 0, sizeof(variables));
}

static void long_prefix_names_the_limit(void **state)
{
    (void)state;
    char prefix[514];
    memset(prefix, 'a', 513);
    prefix[513] = '\0';
    struct options options;
    struct error err = {0};
    assert_int_equal(parse(&options, (const char *[]){"-p", prefix, "true", NULL}, &err), -1);
    assert_non_null(strstr(err.text, "512"));
    prefix[512 - 100 - 1 - 1] = '\0';
    assert_int_equal(parse(&options, (const char *[]){"-p", prefix, "-i", "i", "true", NULL}, &err),
                     0);
    assert_int_equal(
        parse(&options, (const char *[]){"-p", prefix, "-i", "ij", "true", NULL}, &err), -1);
    assert_non_null(strstr(err.text, "512"));
}

static void defaults(void **state)
{
    (void)state;
    struct options options;
    assert_int_equal(parse(&options, (const char *[]){"-p", "x", "true", NULL}, NULL), 0);
    assert_int_equal(options.lock.lock_timeout_ms, 900000);
    assert_int_equal(options.lock.role_timeout_ms, 900000);
    assert_int_equal(options.lock.kill_after_ms, 10000);
    assert_int_equal(options.lock.settle_ms, 1000);
    assert_int_equal(options.wait_ms, OPTIONS_FOREVER);
    assert_int_equal(options.conflict_exit_code, 1);
    assert_true(options.lock.max_waiters == OPTIONS_NO_LIMIT);
    assert_int_equal(options.min_hold_ms, 0);
    assert_int_equal(options.max_hold_ms, 0);
    assert_int_equal(options.lock.release_timeout_ms, 30000);
    assert_int_equal(options.log_format, OPTIONS_LOG_TEXT);
    assert_int_equal(parse(&options, (const char *[]){"-p", "x", "-t", "30m", "true", NULL}, NULL),
                     0);
    assert_int_equal(options.lock.role_timeout_ms, 1800000);
    assert_int_equal(parse(&options, (const char *[]){"-p", "x", "-t", "20", "true", NULL}, NULL),
                     0);
    assert_int_equal(options.lock.kill_after_ms, 4000);
}

static void what_is_expected_is_what_can_be(void **state)
{
    (void)state;
    static const struct {
        const char *words[WORDS_MAX];
        int64_t expect_ms;
    } rows[] = {
        {{"-p", "x", "true"}, 0},
        {{"-p", "x", "--min-hold", "30", "--max-hold", "10m", "true"}, 0},
        {{"-p", "x", "--expect", "1h", "true"}, 3600000},
        {{"-p", "x", "--expect", "1h", "--max-hold", "10m", "true"}, 600000},
        {{"-p", "x", "--expect", "5", "--min-hold", "30", "true"}, 30000},
        {{"-p", "x", "--expect", "60", "--min-hold", "30", "--max-hold", "10m", "true"}, 60000},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct options options;
        struct error err = {0};
        assert_int_equal(parse(&options, rows[i].words, &err), 0);
        assert_int_equal(options.lock.expect_ms, rows[i].expect_ms);
    }
}

static void stops_at_the_command(void **state)
{
    (void)state;
    struct options options;
    const char *words[] = {"-np", "x", "ls", "-v", "--help", NULL};
    assert_int_equal(parse(&options, words, NULL), 0);
    assert_int_equal(options.wait_ms, 0);
    assert_int_equal(options.verbose, 0);
    assert_string_equal(options.command[0], "ls");
    assert_string_equal(options.command[2], "--help");
    const char *dashes[] = {"-vv", "--prefix=x", "--", "-v", NULL};
    assert_int_equal(parse(&options, dashes, NULL), 0);
    assert_int_equal(options.verbose, 2);
    assert_string_equal(options.command[0], "-v");
}

static void watching_takes_its_seconds_or_not(void **state)
{
    (void)state;
    static const struct {
        const char *words[WORDS_MAX];
        int64_t watch_ms;
        bool json;
    } rows[] = {
        {{"--list"}, 0, false},
        {{"--list", "--watch"}, OPTIONS_WATCH_MS, false},
        {{"--list", "--watch", "--json"}, OPTIONS_WATCH_MS, true},
        {{"--list", "--watch", "2", "--json"}, 2000, true},
        {{"--list", "--watch=1m", "--json"}, 60000, true},
        {{"--watch", "1m", "-p", "x", "--status"}, 60000, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct options options;
        check_row(parse(&options, rows[i].words, NULL) == 0, rows[i].words[1]);
        check_row(options.watch_ms == rows[i].watch_ms, rows[i].words[1]);
        check_row(options.json == rows[i].json && !options.command, rows[i].words[1]);
    }
}

static void presets_and_who_wins(void **state)
{
    (void)state;
    struct options options;
    struct error err = {0};
    variables[0] = "WITHLOCK_PREFIX=locks/p";
    variables[1] = "WITHLOCK_LOCK_TIMEOUT=60";
    variables[2] = "WITHLOCK_NONBLOCK=true";
    variables[3] = "WITHLOCK_QUIET=0";
    variables[4] = "WITHLOCK_COMMAND=evil";
    variables[5] = "WITHLOCK_ID=";
    assert_int_equal(parse(&options, (const char *[]){"true", NULL}, &err), 0);
    assert_string_equal(options.lock.prefix, "locks/p");
    assert_int_equal(options.lock.lock_timeout_ms, 60000);
    assert_int_equal(options.wait_ms, 0);
    assert_null(options.shell_command);
    assert_null(options.lock.id);
    assert_int_equal(
        parse(&options, (const char *[]){"-t", "30", "-w", "5", "-p", "y", "true", NULL}, &err), 0);
    assert_string_equal(options.lock.prefix, "y");
    assert_int_equal(options.lock.lock_timeout_ms, 30000);
    assert_int_equal(options.wait_ms, 5000);
    variables[3] = "WITHLOCK_QUIET=yes";
    assert_int_equal(parse(&options, (const char *[]){"true", NULL}, &err), -1);
    assert_non_null(strstr(err.text, "WITHLOCK_QUIET 'yes'"));
    assert_int_equal(parse(&options, (const char *[]){"--help", NULL}, &err), 0);
    assert_int_equal(options.action, OPTIONS_HELP);
    /* what is overridden does not matter, by whatever name it is overridden */
    assert_int_equal(parse(&options, (const char *[]){"-q", "true", NULL}, &err), 0);
    variables[2] = "WITHLOCK_NONBLOCK=maybe";
    variables[3] = "WITHLOCK_TIMEOUT=soon";
    assert_int_equal(parse(&options, (const char *[]){"true", NULL}, &err), -1);
    assert_int_equal(parse(&options, (const char *[]){"--wait", "3", "true", NULL}, &err), 0);
    assert_int_equal(options.wait_ms, 3000);
    variables[2] = "WITHLOCK_VERBOSE=1"; /* these add up */
    assert_int_equal(parse(&options, (const char *[]){"-n", "-v", "true", NULL}, &err), 0);
    assert_int_equal(options.verbose, 2);
    memset(variables, 0, sizeof(variables));
}

/* A preset asks for what the words leave open: it turns no command, and no other look, into a list.
 */
/* 0 is what --nonblock means, by whatever name. */
static void of_nonblock_and_timeout_the_last_one_counts(void **state)
{
    (void)state;
    static const struct {
        const char *words[WORDS_MAX];
        int64_t wait_ms;
    } rows[] = {
        {{"-p", "x", "-n", "-w", "5", "true"}, 5000},
        {{"-p", "x", "-w", "5", "-n", "true"}, 0},
        {{"-p", "x", "--nb", "--wait=5", "true"}, 5000},
        {{"-p", "x", "--timeout", "5", "--nonblocking", "true"}, 0},
        {{"-p", "x", "-w", "5", "-w", "0", "true"}, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct options options;
        check_row(parse(&options, rows[i].words, NULL) == 0, rows[i].words[2]);
        check_row(options.wait_ms == rows[i].wait_ms, rows[i].words[2]);
    }
}

static void presets_of_what_is_shown(void **state)
{
    (void)state;
    static const struct {
        const char *presets[2];
        const char *words[WORDS_MAX];
        bool list;
        int64_t watch_ms;
    } rows[] = {
        {{"WITHLOCK_LIST=1"}, {NULL}, true, 0},
        {{"WITHLOCK_LIST=true"}, {"-p", "x", "--json"}, true, 0},
        {{"WITHLOCK_LIST=1", "WITHLOCK_WATCH=7"}, {NULL}, true, 7000},
        {{"WITHLOCK_LIST=1"}, {"-p", "x", "true"}, false, 0},
        {{"WITHLOCK_LIST=1"}, {"-p", "x", "-c", "true"}, false, 0},
        {{"WITHLOCK_LIST=1"}, {"-p", "x", "--status"}, false, 0},
        {{"WITHLOCK_LIST=1"}, {"-p", "x", "--check"}, false, 0},
        {{"WITHLOCK_LIST=1"}, {"-p", "x", "--break", "me"}, false, 0},
        {{"WITHLOCK_LIST=0"}, {"-p", "x", "--list"}, true, 0},
        {{"WITHLOCK_WATCH=7"}, {"--list"}, true, 7000},
        {{"WITHLOCK_WATCH=7"}, {"-p", "x", "--status"}, false, 7000},
        {{"WITHLOCK_WATCH=7"}, {"--list", "--watch=9"}, true, 9000},
        {{"WITHLOCK_WATCH=7"}, {"-p", "x", "--check"}, false, 0},
        {{"WITHLOCK_WATCH=7"}, {"-p", "x", "true"}, false, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct options options;
        memcpy(variables, rows[i].presets, sizeof(rows[i].presets));
        check_row(parse(&options, rows[i].words, NULL) == 0, rows[i].presets[0]);
        check_row(options.list == rows[i].list, rows[i].presets[0]);
        check_row(options.watch_ms == rows[i].watch_ms, rows[i].presets[0]);
    }
    memset(variables, 0, sizeof(variables));
}

/* Of --shared and --exclusive the last one counts, and the command line more than a preset. */
static void readers_writers_and_slots(void **state)
{
    (void)state;
    static const struct {
        const char *presets[2];
        const char *words[WORDS_MAX];
        bool shared;
        uint64_t slots;
    } rows[] = {
        {{NULL}, {"-p", "x", "true"}, false, 0},
        {{NULL}, {"-p", "x", "-s", "true"}, true, 0},
        {{NULL}, {"-p", "x", "-s", "--exclusive", "true"}, false, 0},
        {{NULL}, {"-p", "x", "-x", "--shared", "true"}, true, 0},
        {{NULL}, {"-p", "x", "-xN1000", "true"}, false, 1000},
        {{"WITHLOCK_SHARED=1"}, {"-p", "x", "true"}, true, 0},
        {{"WITHLOCK_SHARED=1"}, {"-p", "x", "-x", "true"}, false, 0},
        {{"WITHLOCK_SHARED=1"}, {"-p", "x", "-x", "-N", "2", "true"}, false, 2},
        {{"WITHLOCK_EXCLUSIVE=1"}, {"-p", "x", "-s", "true"}, true, 0},
        {{"WITHLOCK_SHARED=1", "WITHLOCK_EXCLUSIVE=true"}, {"-p", "x", "true"}, false, 0},
        {{"WITHLOCK_SHARED=1", "WITHLOCK_EXCLUSIVE=0"}, {"-p", "x", "true"}, true, 0},
        {{"WITHLOCK_SLOTS=3"}, {"-p", "x", "true"}, false, 3},
        {{"WITHLOCK_SLOTS=3"}, {"-p", "x", "--slots", "1", "true"}, false, 1},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct options options;
        memcpy(variables, rows[i].presets, sizeof(rows[i].presets));
        check_row(parse(&options, rows[i].words, NULL) == 0, rows[i].words[2]);
        check_row(options.lock.shared == rows[i].shared, rows[i].words[2]);
        check_row(options.lock.slots == rows[i].slots, rows[i].words[2]);
    }
    memset(variables, 0, sizeof(variables));
}

static void help_fits_eighty_columns(void **state)
{
    (void)state;
    char *help = options_help();
    assert_non_null(help);
    for (char *line = strtok(help, "\n"); line; line = strtok(NULL, "\n"))
        check_row(strlen(line) <= 80, line);
    free(help);
}

static void Y7_time_limits_of_a_request(void **state)
{
    (void)state;
    static const char *const usual[] = {"-p", "x", "true", NULL};
    static const char *const given[] = {
        "-p", "x", "--connect-timeout", "1.5", "--read-timeout", "2m", "true", NULL};
    struct options options;
    memset(variables, 0, sizeof(variables));
    assert_int_equal(parse(&options, usual, NULL), 0);
    assert_int_equal(options.aws.connect_timeout_ms, 5000);
    assert_int_equal(options.aws.read_timeout_ms, 30000);
    assert_int_equal(parse(&options, given, NULL), 0);
    assert_int_equal(options.aws.connect_timeout_ms, 1500);
    assert_int_equal(options.aws.read_timeout_ms, 120000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refused_with_one_line),
        cmocka_unit_test(every_duration_takes_every_form),
        cmocka_unit_test(settings_with_a_wrong_name),
        cmocka_unit_test(wrong_words_are_said_in_the_format_asked_for),
        cmocka_unit_test(long_prefix_names_the_limit),
        cmocka_unit_test(defaults),
        cmocka_unit_test(Y7_time_limits_of_a_request),
        cmocka_unit_test(watching_takes_its_seconds_or_not),
        cmocka_unit_test(what_is_expected_is_what_can_be),
        cmocka_unit_test(stops_at_the_command),
        cmocka_unit_test(presets_and_who_wins),
        cmocka_unit_test(of_nonblock_and_timeout_the_last_one_counts),
        cmocka_unit_test(presets_of_what_is_shown),
        cmocka_unit_test(readers_writers_and_slots),
        cmocka_unit_test(help_fits_eighty_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
