/* options_value - what a user wrote for one option, into its field of the struct. */
#ifndef CLI_OPTIONS_VALUE_H
#define CLI_OPTIONS_VALUE_H

#include "base/error.h"
#include "options_table.h"

/* How it was written, for messages. */
struct option_given {
    const struct option_row *row;
    const char *as;    /* --name or WITHLOCK_NAME */
    const char *value; /* NULL if it takes none */
};

/* Returns 0, or -1 with ERROR_USAGE: one line with the value and what would be good. */
int options_set(struct options *options, const struct option_given *given,
                struct error *err) MUST_USE;

/* The value as it may be shown in a message; valid until the next call. */
const char *options_shown(const char *value);

/* Seconds, with a fraction only if there is one. */
void options_seconds(int64_t ms, char *out, size_t size);

#endif
