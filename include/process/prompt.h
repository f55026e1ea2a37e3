/*
 * prompt - asks the user for a line on the terminal: a secret, or yes or no.
 *
 * Uses /dev/tty only: standard input belongs to the command. In the background, or without a
 * terminal, it fails at once.
 */
#ifndef PROCESS_PROMPT_H
#define PROCESS_PROMPT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/wait.h"

/*
 * Without echo.
 * Writes question, adds the line (trimmed) to answer. Gives up with ERROR_LATER at the deadline
 * or when the wakeup says so; ERROR_CONFIG without a terminal or an answer. The terminal is as it
 * was in any case.
 */
int prompt_line(const char *question, struct mono deadline, const struct wakeup_source *wakeup,
                struct buf *answer, struct error *err) MUST_USE;

/*
 * Before a fork: the other process can bring the echo back if this one is killed while it asks.
 */
int prompt_share(struct error *err) MUST_USE;
void prompt_restore_echo(void);

/*
 * Writes question and waits for a line, with echo: *ret_yes if it is "y" or "yes". Gives up as
 * prompt_line does.
 */
int prompt_confirm(const char *question, struct mono deadline, const struct wakeup_source *wakeup,
                   bool *ret_yes, struct error *err) MUST_USE;

#endif
