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
 * Writes question, reads a line without echo, and adds it to answer without the blanks around it.
 * Gives up with ERROR_LATER at the deadline or when the wakeup asks for an end; fails with
 * ERROR_CONFIG without a terminal, or if the line is empty. Success or not, the echo is on again
 * afterwards.
 */
int prompt_line(const char *question, struct mono deadline, const struct wakeup_source *wakeup,
                struct buf *answer, struct error *err) MUST_USE;

/*
 * To be called before a fork: what prompt_line() does to the terminal is then kept in memory that
 * both processes share, so that the other one can switch the echo on again if this one is killed
 * while it asks.
 */
int prompt_share(struct error *err) MUST_USE;
/* Switches the echo on again if prompt_line() has switched it off, here or in the other process. */
void prompt_restore_echo(void);

/*
 * Writes question and waits for a line, with echo: *ret_yes if it is "y" or "yes". Gives up as
 * prompt_line does.
 */
int prompt_confirm(const char *question, struct mono deadline, const struct wakeup_source *wakeup,
                   bool *ret_yes, struct error *err) MUST_USE;

#endif
