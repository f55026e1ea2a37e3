/*
 * report - what the user reads on standard error; nothing else writes there.
 *
 * One line a message, "withlock: ...", or with --log-format json one object a line. A message is
 * written by one write(2), so that lines of several processes and threads do not mix. Secrets
 * must never be handed in; bytes outside printable ASCII are shown as '?' in text.
 */
#ifndef BASE_REPORT_H
#define BASE_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define REPORT_LINE_BYTES 4096
#define REPORT_WRITE_MS   500 /* longest wait for a standard error that takes nothing */

enum report_level {
    REPORT_ERROR,   /* always */
    REPORT_WARNING, /* not with -q */
    REPORT_NOTICE,  /* not with -q */
    REPORT_VERBOSE, /* -v */
    REPORT_CALLS,   /* -vv: every request */
};

/* A member of a JSON message beside time, level, event and message. */
struct report_field {
    const char *name;
    const char *text; /* the value; NULL: number is the value */
    int64_t number;
};

/* To be called before any thread exists. highest is the last level that is shown. */
void report_init(enum report_level highest, bool json);

/*
 * From now on no caller is held up by standard error (base/writer): lines are written in their
 * order, but perhaps later. A run calls it before there is a lock to lose by being held up.
 */
void report_never_block(void);
void report_forked(void); /* to be called in a process just forked */
void report_flush(void);  /* waits until all is written, for REPORT_WRITE_MS */
void report_finish(void); /* the same at the end of the process */

bool report_shows(enum report_level level);
bool report_is_json(void);

/* The level of events that a program wants to know of, but a person only with -v. */
enum report_level report_event_level(void);

void report(enum report_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A message with a name and fields for those who read JSON; in text only the message. */
void report_event(enum report_level level, const char *event, const struct report_field *fields,
                  unsigned count, const char *format, ...) __attribute__((format(printf, 5, 6)));

/*
 * A line about something that goes on (REPORT_NOTICE): kept in place on a terminal, a line of
 * its own elsewhere. report_progress_end() erases it; any message in between does so first.
 * Main thread only.
 */
void report_progress(const char *event, const struct report_field *fields, unsigned count,
                     const char *format, ...) __attribute__((format(printf, 4, 5)));
void report_progress_end(void);

/* Are messages written as text, and to a terminal? */
bool report_on_terminal(void);
/* If so, are we in its foreground at the moment? Only then may a line be kept in place. */
bool report_in_place(void);

/* How long such a line may be if it is kept in place; longer ones are cut. 0: any length. */
unsigned report_progress_room(void);

#endif
