/*
 * hint - what a user may have meant who named a command that is not there.
 *
 * Looks at the words only: what belongs to the shell (cd, &&), a line of shell in quotes, a
 * variable for the command, or flock's order of words, in which the lock stands first.
 */
#ifndef CLI_HINT_H
#define CLI_HINT_H

#include "base/error.h"

/* words: of the command, NULL-terminated. Adds the hint, if there is one, to the end of the line.
 */
void hint_command(char *const *words, struct error *err);

#endif
