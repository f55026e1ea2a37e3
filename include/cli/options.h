/*
 * options - the command line and WITHLOCK_* as one struct, checked.
 *
 * Every setting is a row of one table (options_table.c): its letter, long name, kind, bounds
 * and help line; presets, parsing, --help and the shell completions all come from there.
 * What is wrong is one line and ERROR_USAGE, found before anything is done.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "aws/settings.h"
#include "base/error.h"
#include "lock/lock.h"

#define OPTIONS_FOREVER  (-1)       /* wait_ms: no limit */
#define OPTIONS_NO_LIMIT UINT32_MAX /* lock.max_waiters */
#define OPTIONS_WATCH_MS 5000       /* --watch without SECS */

enum options_action {
    OPTIONS_RUN,
    OPTIONS_HELP,
    OPTIONS_VERSION,
};

enum options_on_lost {
    OPTIONS_ON_LOST_KILL,
    OPTIONS_ON_LOST_WARN,
};

enum options_log_format {
    OPTIONS_LOG_TEXT,
    OPTIONS_LOG_JSON,
};

/* Strings are borrowed from argv and the environment. */
struct options {
    enum options_action action;
    struct lock_settings lock; /* all of it that is the user's choice */
    const char *label;
    char label_tag[ATTEMPT_LABEL_BYTES + 1]; /* the label as it stands in names */
    const char *tags;                        /* "KEY=VALUE,..."; NULL for none */
    int64_t wait_ms;                         /* 0: one try; OPTIONS_FOREVER */
    int64_t min_hold_ms;
    int64_t max_hold_ms;    /* 0: no limit */
    const char *on_acquire; /* shell commands; NULL for none */
    const char *on_lost_run;
    uint32_t conflict_exit_code;
    enum options_on_lost on_lost;
    enum options_log_format log_format;
    uint32_t verbose;
    bool quiet;
    const char *shell_command; /* -c */
    bool status;               /* show the lock instead of taking it */
    bool list;                 /* show all locks below the prefix, or of the account */
    int64_t watch_ms;          /* show it again so often; 0: once */
    bool json;                 /* what is shown */
    bool check;                /* try what a lock needs */
    const char *break_id;      /* --break: delete this contender's attempts */
    bool yes;                  /* without asking */
    struct aws_options aws;
    char **command; /* argv of the command; NULL with -c */
};

/*
 * Reads presets, then argv (options stop at the first word that is none). argv[0] is skipped.
 * Returns 0, or -1 with ERROR_USAGE; then log_format tells how the line is to be written.
 */
int options_parse(struct options *options, int argc, char **argv, environment_fn *environment,
                  struct error *err) MUST_USE;

#define OPTIONS_VARIABLE_BYTES 64

/*
 * Is this "NAME=VALUE" of the environment a setting whose name is written wrong? A WITHLOCK_...
 * that is none of ours but at most two letters away from one. meant: the name of that one.
 */
bool options_misnamed(const char *variable, char meant[OPTIONS_VARIABLE_BYTES]);

/* The text of --help: to be freed by the caller; NULL if memory ran out. */
char *options_help(void);

#endif
