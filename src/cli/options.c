#include "cli/options.h"

#include <ctype.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "options_table.h"

#define ROWS_MAX         64
#define NAME_BYTES       64
#define VERBOSE_MAX      9
#define DEFAULT_T_MS     900000
#define DEFAULT_SETTLE   1000
#define DEFAULT_KILL_MS  10000
#define DEFAULT_RELEASE  30000
#define DEFAULT_CONNECT  5000
#define DEFAULT_READ     30000
#define HELP_LIMIT_BYTES 16384

/* How a user wrote an option, for messages: --name or WITHLOCK_NAME. */
struct given {
    const struct option_row *row;
    const char *as;
    const char *value;
};

static char shown_text[80];

/* The value as it may be shown in a message; valid until the next call. */
static const char *shown(const char *value)
{
    return text_printable(text_from(value), shown_text, sizeof(shown_text));
}

static int bad(const struct given *given, const char *wants, struct error *err)
{
    return error_set(err, ERROR_USAGE, "%s '%s': %s", given->as, shown(given->value), wants);
}

static void seconds_text(int64_t ms, char *out, size_t size)
{
    if (ms % 1000)
        (void)snprintf(out, size, "%lld.%03lld", (long long)(ms / 1000), (long long)(ms % 1000));
    else
        (void)snprintf(out, size, "%lld", (long long)(ms / 1000));
}

static int bad_duration(const struct given *given, struct error *err)
{
    char min[32], max[32], wants[160];
    seconds_text(given->row->min, min, sizeof(min));
    seconds_text(given->row->max, max, sizeof(max));
    (void)snprintf(wants, sizeof(wants), "takes %sseconds from %s to %s, such as 90, %s15m or 2h",
                   given->row->kind == OPTION_SECONDS ? "whole " : "", min, max,
                   given->row->kind == OPTION_SECONDS ? "" : "1.5, ");
    return bad(given, wants, err);
}

static int set_duration(const struct given *given, int64_t *field, struct error *err)
{
    int64_t ms;
    const struct option_row *row = given->row;
    if (text_parse_duration_ms(text_from(given->value), row->max, &ms) != 0 || ms < row->min)
        return bad_duration(given, err);
    if (row->kind == OPTION_SECONDS && ms % 1000 != 0)
        return bad_duration(given, err);
    *field = ms;
    return 0;
}

static int set_number(const struct given *given, uint64_t *field, struct error *err)
{
    char wants[96];
    uint64_t value;
    const struct option_row *row = given->row;
    (void)snprintf(wants, sizeof(wants), "takes a whole number from %lld to %lld",
                   (long long)row->min, (long long)row->max);
    if (text_parse_u64(text_from(given->value), (uint64_t)row->max, &value) != 0 ||
        value < (uint64_t)row->min)
        return bad(given, wants, err);
    *field = value;
    return 0;
}

/* A flag on the command line has no value; as a preset it is 1, true, 0 or false. */
static int flag_value(const struct given *given, bool *ret_on, struct error *err)
{
    struct text value = text_from(given->value ? given->value : "1");
    if (text_equal(value, "1") || text_equal(value, "true"))
        *ret_on = true;
    else if (text_equal(value, "0") || text_equal(value, "false"))
        *ret_on = false;
    else
        return bad(given, "takes 1, true, 0 or false", err);
    return 0;
}

static int set_count(const struct given *given, uint64_t *field, struct error *err)
{
    bool on;
    if (!given->value) {
        ++*field;
        return 0;
    }
    if (text_parse_u64(text_from(given->value), VERBOSE_MAX, field) == 0)
        return 0;
    if (flag_value(given, &on, err) != 0)
        return -1;
    *field = on;
    return 0;
}

static int set_choice(const struct given *given, unsigned *field, struct error *err)
{
    unsigned index = 0;
    char wants[64];
    for (const char *word = given->row->value; word; index++) {
        size_t length = strcspn(word, "|");
        if (strlen(given->value) == length && memcmp(word, given->value, length) == 0) {
            *field = index;
            return 0;
        }
        word = word[length] ? word + length + 1 : NULL;
    }
    (void)snprintf(wants, sizeof(wants), "takes %s", given->row->value);
    return bad(given, wants, err);
}

static int set(struct options *options, const struct given *given, struct error *err)
{
    void *field = (char *)options + given->row->offset;
    bool on = false;
    switch (given->row->kind) {
    case OPTION_TEXT:
        *(const char **)field = given->value;
        return 0;
    case OPTION_FLAG:
        return flag_value(given, field, err);
    case OPTION_UNFLAG:
        if (flag_value(given, &on, err) != 0)
            return -1;
        if (on)
            *(bool *)field = false;
        return 0;
    case OPTION_COUNT:
        return set_count(given, field, err);
    case OPTION_NUMBER:
        return set_number(given, field, err);
    case OPTION_DURATION:
    case OPTION_SECONDS:
        return set_duration(given, field, err);
    case OPTION_CHOICE:
        return set_choice(given, field, err);
    case OPTION_ACTION:
        *(enum options_action *)field = (enum options_action)given->row->min;
        return 0;
    case OPTION_NOWAIT:
        if (flag_value(given, &on, err) != 0)
            return -1;
        if (on)
            *(int64_t *)field = 0;
        return 0;
    }
    return error_set(err, ERROR_INTERNAL, "unknown kind of option");
}

static void variable_name(const char *name, char out[NAME_BYTES])
{
    size_t length = (size_t)snprintf(out, NAME_BYTES, "WITHLOCK_%s", name);
    for (size_t i = 0; i < length && i < NAME_BYTES; i++)
        out[i] = (char)(out[i] == '-' ? '_' : toupper((unsigned char)out[i]));
}

/* Was the same setting given on the command line? Then what is preset does not matter. */
static bool is_overridden(const struct option_row *row, const bool given[ROWS_MAX])
{
    for (size_t i = 0; i < options_table_rows; i++)
        if (given[i] && options_table[i].offset == row->offset && row->kind != OPTION_COUNT)
            return true;
    return false;
}

/* An empty variable counts as unset, as with AWS's own. */
static int read_presets(struct options *options, const bool given_words[ROWS_MAX],
                        options_environment_fn environment, struct error *err)
{
    for (size_t i = 0; i < options_table_rows; i++) {
        char variable[NAME_BYTES];
        if (is_overridden(&options_table[i], given_words))
            continue;
        variable_name(options_table[i].name, variable);
        const char *value = options_table[i].preset ? environment(variable) : NULL;
        struct given given = {&options_table[i], variable, value};
        if (value && *value && set(options, &given, err) != 0)
            return -1;
    }
    return 0;
}

static size_t make_getopt(struct option *longs, char *shorts)
{
    size_t length = 0;
    shorts[length++] = '+'; /* stop at the first word that is no option */
    shorts[length++] = ':';
    for (size_t i = 0; i < options_table_rows; i++) {
        const struct option_row *row = &options_table[i];
        bool takes = row->value != NULL;
        longs[i] = (struct option){row->name, takes ? required_argument : no_argument, NULL,
                                   (int)(256 + i)};
        if (row->letter) {
            shorts[length++] = row->letter;
            if (takes)
                shorts[length++] = ':';
        }
    }
    longs[options_table_rows] = (struct option){0};
    shorts[length] = '\0';
    return length;
}

static const struct option_row *row_of(int found)
{
    if (found >= 256)
        return &options_table[found - 256];
    for (size_t i = 0; i < options_table_rows; i++)
        if (options_table[i].letter == found)
            return &options_table[i];
    return NULL;
}

static int unknown(int argc, char **argv, bool missing, struct error *err)
{
    int at = optind > 1 && optind - 1 < argc ? optind - 1 : 1;
    const char *word = argv[at < argc ? at : argc - 1];
    char letter[3] = {'-', (char)optopt, '\0'};
    if (!missing && optopt >= 256) /* glibc: that option, but with a value */
        return error_set(err, ERROR_USAGE, "option '--%s' takes no value, as in '%s'",
                         row_of(optopt)->name, shown(word));
    if (optopt > 0 && optopt < 256)
        word = letter;
    return error_set(err, ERROR_USAGE, "%s '%s' (try 'withlock --help')",
                     missing ? "no value for option" : "unknown option", shown(word));
}

/* Also sets which rows of the table were given. */
static int read_words(struct options *options, int argc, char **argv, bool given_words[ROWS_MAX],
                      struct error *err)
{
    struct option longs[ROWS_MAX + 1];
    char shorts[3 * ROWS_MAX + 3];
    int found;
    if (options_table_rows > ROWS_MAX)
        return error_set(err, ERROR_INTERNAL, "more than %d options", ROWS_MAX);
    (void)make_getopt(longs, shorts);
    opterr = 0;
    optind = 0; /* glibc: begin anew */
    while ((found = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
        const struct option_row *row = found == '?' || found == ':' ? NULL : row_of(found);
        if (!row)
            return unknown(argc, argv, found == ':', err);
        given_words[row - options_table] = true;
        char as[NAME_BYTES];
        (void)snprintf(as, sizeof(as), "--%s", row->name);
        struct given given = {row, as, row->value ? optarg : NULL};
        if (set(options, &given, err) != 0)
            return -1;
        if (options->action != OPTIONS_RUN)
            return 0;
    }
    options->command = optind < argc ? argv + optind : NULL;
    return 0;
}

/* Defaults that depend on other settings, and the bounds between settings. */
static int check_times(struct options *options, struct error *err)
{
    int64_t timeout_ms = options->lock_timeout_ms;
    char limit[32];
    if (options->role_timeout_ms < 0)
        options->role_timeout_ms = timeout_ms > DEFAULT_T_MS ? timeout_ms : DEFAULT_T_MS;
    if (options->kill_after_ms < 0)
        options->kill_after_ms =
            timeout_ms / 5 < DEFAULT_KILL_MS ? timeout_ms / 5 : DEFAULT_KILL_MS;
    if (options->role_timeout_ms < timeout_ms)
        return error_set(
            err, ERROR_USAGE, "--role-timeout '%lld' is less than the lock timeout of %lld s",
            (long long)(options->role_timeout_ms / 1000), (long long)(timeout_ms / 1000));
    if (options->settle_ms > timeout_ms / 10) {
        char value[32];
        seconds_text(timeout_ms / 10, limit, sizeof(limit));
        seconds_text(options->settle_ms, value, sizeof(value));
        return error_set(err, ERROR_USAGE,
                         "--settle '%s' is more than %s s, a tenth of the lock timeout", value,
                         limit);
    }
    if (options->kill_after_ms > timeout_ms / 3) {
        char value[32];
        seconds_text(timeout_ms / 3, limit, sizeof(limit));
        seconds_text(options->kill_after_ms, value, sizeof(value));
        return error_set(err, ERROR_USAGE,
                         "--kill-after '%s' is more than %s s, a third of the lock timeout", value,
                         limit);
    }
    return 0;
}

/* Something is to be shown or done about the lock, instead of a command under it. */
static bool is_inspection(const struct options *options)
{
    return options->status || options->break_id || options->check;
}

static int check_inspection(const struct options *options, struct error *err)
{
    const char *what = options->status ? "status" : options->check ? "check" : "break";
    if (options->shell_command || options->command)
        return error_set(err, ERROR_USAGE, "--%s takes no command '%s'", what,
                         shown(options->command ? options->command[0] : options->shell_command));
    if (options->status + options->check + (options->break_id != NULL) > 1)
        return error_set(err, ERROR_USAGE, "only one of --status, --check and --break at once");
    if (options->json && options->break_id)
        return error_set(err, ERROR_USAGE, "--json goes with --status and --check");
    if (options->break_id && !*options->break_id)
        return error_set(err, ERROR_USAGE, "--break: the ID is empty");
    return 0;
}

static int check(struct options *options, struct error *err)
{
    if (!options->prefix)
        return error_set(err, ERROR_USAGE,
                         "no lock named: give --prefix or set WITHLOCK_PREFIX "
                         "(try 'withlock --help')");
    if (attempt_check_prefix(options->prefix, err) != 0)
        return -1;
    if (options->id && attempt_check_id(options->id, err) != 0)
        return -1;
    if (options->label)
        attempt_label(options->label, options->label_tag);
    if (options->id && attempt_check_length(options->prefix, options->id, options->label_tag, err))
        return -1;
    if (check_times(options, err) != 0)
        return -1;
    if (is_inspection(options))
        return check_inspection(options, err);
    if (options->shared && options->slots)
        return error_set(err, ERROR_USAGE,
                         "--slots '%llu' with --shared: as many as like may share a lock",
                         (unsigned long long)options->slots);
    if (options->yes)
        return error_set(err, ERROR_USAGE, "--yes goes with --break");
    if (options->json)
        return error_set(err, ERROR_USAGE, "--json goes with --status and --check");
    if (options->shell_command && options->command)
        return error_set(err, ERROR_USAGE, "--command and a command '%s' at once: which one?",
                         shown(options->command[0]));
    if (!options->shell_command && !options->command)
        return error_set(err, ERROR_USAGE, "no command to run (try 'withlock --help')");
    return 0;
}

int options_parse(struct options *options, int argc, char **argv,
                  options_environment_fn environment, struct error *err)
{
    *options = (struct options){
        .wait_ms = OPTIONS_FOREVER,
        .max_waiters = OPTIONS_NO_LIMIT,
        .conflict_exit_code = 1,
        .lock_timeout_ms = DEFAULT_T_MS,
        .role_timeout_ms = -1,
        .settle_ms = DEFAULT_SETTLE,
        .kill_after_ms = -1,
        .release_timeout_ms = DEFAULT_RELEASE,
        .connect_timeout_ms = DEFAULT_CONNECT,
        .read_timeout_ms = DEFAULT_READ,
    };
    struct options asked = *options;
    bool given[ROWS_MAX] = {false};
    if (read_words(&asked, argc, argv, given, err) != 0)
        return -1;
    if (asked.action != OPTIONS_RUN) {
        *options = asked;
        return 0;
    }
    if (read_presets(options, given, environment, err) != 0)
        return -1;
    if (read_words(options, argc, argv, given, err) != 0) /* the command line wins over presets */
        return -1;
    return check(options, err);
}

char *options_help(void)
{
    struct buf help = BUF(HELP_LIMIT_BYTES);
    (void)buf_add_text(&help, "usage: withlock [OPTIONS] -p PREFIX [--] COMMAND [ARG...]\n"
                              "       withlock [OPTIONS] -p PREFIX -c 'SHELL COMMAND'\n"
                              "       withlock [OPTIONS] -p PREFIX --status [--json]\n"
                              "       withlock [OPTIONS] -p PREFIX --break ID [--yes]\n"
                              "       withlock [OPTIONS] -p PREFIX --check [--json]\n\n"
                              "Runs COMMAND while holding a lock that is global to an AWS account "
                              "and region.\n\n");
    for (size_t i = 0; i < options_table_rows; i++) {
        const struct option_row *row = &options_table[i];
        char words[NAME_BYTES], letter[5] = "    ";
        if (!row->help)
            continue;
        if (row->letter)
            (void)snprintf(letter, sizeof(letter), "-%c, ", row->letter);
        (void)snprintf(words, sizeof(words), "%s--%s%s%s", letter, row->name, row->value ? " " : "",
                       row->value ? row->value : "");
        (void)buf_addf(&help, "  %-26s %s\n", words, row->help);
    }
    (void)buf_add_text(
        &help, "\nDurations: 90, 1.5, 90s, 15m, 2h. Every setting can be preset by WITHLOCK_ and\n"
               "its name in capitals: WITHLOCK_LOCK_TIMEOUT=60. Exit status: the "
               "command's own;\n1 lock not obtained, 64 usage, 69 service unreachable, "
               "74 lock lost, 77 refused\nby AWS, 78 configuration, 126/127 command not "
               "executable/not found.\n");
    return help.data;
}
