/*
 * words - splits a line into words by the quoting rules of the POSIX shell.
 *
 * Single quotes, double quotes (a backslash in them escapes only '"' and '\'), backslash
 * outside of quotes; blanks part the words. No variables, no globs, no comments, no shell.
 * This is what the AWS CLI does (Python's shlex.split) with credential_process and with the
 * section names of the configuration file.
 */
#ifndef BASE_WORDS_H
#define BASE_WORDS_H

#include <stddef.h>

enum words_result {
    WORDS_OK,
    WORDS_OPEN_QUOTE, /* a quote that is never closed, or a backslash at the end */
    WORDS_TOO_MANY,
};

/*
 * Splits text, which is overwritten; ret_words gets pointers into it, at most `max` of them.
 * *ret_count and the words are only of use after WORDS_OK.
 */
enum words_result words_split(char *text, char **ret_words, size_t max, size_t *ret_count);

#endif
