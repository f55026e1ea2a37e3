#include "cli/options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "options_check.h"
#include "options_value.h"
#include "variables.h"

#define ROWS_MAX        64
#define NAME_BYTES      64
#define DEFAULT_T_MS    900000
#define DEFAULT_SETTLE  1000
#define DEFAULT_RELEASE 30000
#define DEFAULT_CONNECT 5000
#define DEFAULT_READ    30000

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
                        environment_fn *environment, struct error *err)
{
    for (size_t i = 0; i < options_table_rows; i++) {
        char variable[VARIABLES_NAME_BYTES];
        if (is_overridden(&options_table[i], given_words))
            continue;
        variables_name(options_table[i].name, variable);
        const char *value = options_table[i].preset ? environment(variable) : NULL;
        struct option_given given = {&options_table[i], variable, value};
        if (value && *value && options_set(options, &given, err) != 0)
            return -1;
    }
    return 0;
}

static void make_getopt(struct option *longs, char *shorts)
{
    size_t length = 0;
    shorts[length++] = '+'; /* stop at the first word that is no option */
    shorts[length++] = ':';
    for (size_t i = 0; i < options_table_rows; i++) {
        const struct option_row *row = &options_table[i];
        bool takes = row->value != NULL, may = row->kind == OPTION_WATCH;
        longs[i] = (struct option){row->name,
                                   may     ? optional_argument
                                   : takes ? required_argument
                                           : no_argument,
                                   NULL, (int)(256 + i)};
        if (row->letter) {
            shorts[length++] = row->letter;
            if (takes)
                shorts[length++] = ':';
        }
    }
    longs[options_table_rows] = (struct option){0};
    shorts[length] = '\0';
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
                         row_of(optopt)->name, options_shown(word));
    if (optopt > 0 && optopt < 256)
        word = letter;
    return error_set(err, ERROR_USAGE, "%s '%s' (try 'withlock --help')",
                     missing ? "no value for option" : "unknown option", options_shown(word));
}

/* How to say what is wrong with the words may stand behind what is wrong. */
static void try_log_format(const struct option_row *row, const char *value, struct options *options)
{
    struct error ignored; /* said already, or when the row is read in its turn */
    struct option_given given = {row, row->name, value};
    if (value && row->offset == offsetof(struct options, log_format) &&
        options_set(options, &given, &ignored) != 0)
        options->log_format = OPTIONS_LOG_TEXT;
}

static void try_presets_of_log_format(struct options *options, environment_fn *environment)
{
    char variable[VARIABLES_NAME_BYTES];
    for (size_t i = 0; i < options_table_rows; i++) {
        variables_name(options_table[i].name, variable);
        try_log_format(&options_table[i], environment(variable), options);
    }
}

/* "--watch 10": getopt knows "--watch=10" only. Whoever watches gives no command, so it is SECS. */
static const char *take_seconds(int argc, char **argv)
{
    int64_t ignored;
    bool given = optind < argc &&
                 text_parse_duration_ms(text_from(argv[optind]), INT64_MAX / 2, &ignored) == 0;
    return given ? argv[optind++] : NULL;
}

static int read_word(struct options *options, const struct option_row *row, int argc, char **argv,
                     struct error *err)
{
    char as[NAME_BYTES];
    (void)snprintf(as, sizeof(as), "--%s", row->name);
    struct option_given given = {row, as, row->value ? optarg : NULL};
    if (row->kind == OPTION_WATCH && !optarg)
        given.value = take_seconds(argc, argv);
    return options_set(options, &given, err);
}

/* Also sets which rows of the table were given. After a mistake only the log format is read. */
static int read_words(struct options *options, int argc, char **argv, bool given_words[ROWS_MAX],
                      struct error *err)
{
    struct option longs[ROWS_MAX + 1];
    char shorts[3 * ROWS_MAX + 3];
    int found, result = 0;
    make_getopt(longs, shorts);
    opterr = 0;
    optind = 0; /* glibc: begin anew */
    while (options->action == OPTIONS_RUN &&
           (found = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
        const struct option_row *row = found == '?' || found == ':' ? NULL : row_of(found);
        if (row)
            given_words[row - options_table] = true;
        if (result == 0)
            result = row ? read_word(options, row, argc, argv, err)
                         : unknown(argc, argv, found == ':', err);
        if (result != 0 && row)
            try_log_format(row, optarg, options);
    }
    options->command = optind < argc ? argv + optind : NULL;
    return result;
}

/* What was preset for a look goes by the words: it makes no list of a command or of another look.
 */
static void limit_presets(struct options *options, const struct options *asked)
{
    if (options->command || options->shell_command || options->status || options->check ||
        options->break_id)
        options->list = asked->list;
    if (!options->status && !options->list)
        options->watch_ms = asked->watch_ms;
}

int options_parse(struct options *options, int argc, char **argv, environment_fn *environment,
                  struct error *err)
{
    *options = (struct options){
        .wait_ms = OPTIONS_FOREVER,
        .conflict_exit_code = 1,
        .lock = {.lock_timeout_ms = DEFAULT_T_MS,
                 .role_timeout_ms = -1,
                 .settle_ms = DEFAULT_SETTLE,
                 .kill_after_ms = -1,
                 .release_timeout_ms = DEFAULT_RELEASE,
                 .max_waiters = OPTIONS_NO_LIMIT},
        .aws = {.connect_timeout_ms = DEFAULT_CONNECT, .read_timeout_ms = DEFAULT_READ},
    };
    bool given[ROWS_MAX] = {false};
    if (options_table_rows > ROWS_MAX)
        return error_set(err, ERROR_INTERNAL, "more than %d options", ROWS_MAX);
    try_presets_of_log_format(options, environment);
    struct options asked = *options;
    int result = read_words(&asked, argc, argv, given, err);
    options->log_format = asked.log_format;
    options->action = asked.action;
    if (result != 0 || asked.action != OPTIONS_RUN)
        return result;
    if (read_presets(options, given, environment, err) != 0)
        return -1;
    if (read_words(options, argc, argv, given, err) != 0) /* the command line wins over presets */
        return -1;
    limit_presets(options, &asked);
    return options_check(options, err);
}
