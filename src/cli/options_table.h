/* options_table - the one place where an option is described. */
#ifndef CLI_OPTIONS_TABLE_H
#define CLI_OPTIONS_TABLE_H

#include <stddef.h>

#include "cli/options.h"

enum option_kind {
    OPTION_TEXT,     /* const char * */
    OPTION_FLAG,     /* bool */
    OPTION_UNFLAG,   /* the same bool; takes another option's flag back */
    OPTION_COUNT,    /* uint32_t; repeating adds 1; a preset may be a number */
    OPTION_NUMBER,   /* uint32_t, min to max */
    OPTION_DURATION, /* int64_t ms, min to max ms */
    OPTION_SECONDS,  /* int64_t ms, whole seconds */
    OPTION_WATCH,    /* the same as OPTION_DURATION; the value may be left out */
    OPTION_CHOICE,   /* enum: index into the words, which `|` parts */
    OPTION_ACTION,   /* enum options_action = min */
    OPTION_NOWAIT,   /* wait_ms = 0 */
};

struct option_row {
    char letter; /* '\0': none */
    const char *name;
    enum option_kind kind;
    size_t offset;
    int64_t min;
    int64_t max;
    const char *value; /* what --help calls the value; NULL: takes none */
    const char *help;  /* NULL: an alias, not shown */
    bool preset;       /* WITHLOCK_NAME sets it */
};

extern const struct option_row options_table[];
extern const size_t options_table_rows;

#endif
