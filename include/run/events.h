/*
 * events - what a run tells of itself as it goes: one function for each event.
 *
 * With --log-format json each is an object (docs/log-format.md); in text most are for -v only.
 * The waiting line is run/waiting's, the final error main's.
 */
#ifndef RUN_EVENTS_H
#define RUN_EVENTS_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "run/session.h"

/* A signal ended the wait; the attempts are deleted, or it was said that they are not. */
void events_withdrawn(const struct session *session, int number, int64_t waited_ms);

/* All that lock and credentials have to say by now. By the thread that has the session. */
void events_notices(struct session *session);

void events_acquired(const struct session *session, int64_t waited_ms);

/* Any thread. A renewal was confirmed, the n-th. */
void events_renewed(const struct session *session, unsigned renewals);

/* Told before the command is ended; with warn it goes on. */
void events_lost(const struct session *session, const struct error *why, bool warn);

/* --max-hold is over: the command is being ended. */
void events_max_hold(const struct session *session, int64_t held_ms);

void events_ended(const struct session *session, int status, int64_t ran_ms);

/* --min-hold: the command is over, the lock is kept. */
void events_holding_on(const struct session *session, int64_t for_ms);

struct events_summary {
    int status; /* of the command */
    int64_t waited_ms;
    int64_t held_ms;
    unsigned renewals;
    bool left; /* something could not be deleted, as was said */
};
void events_released(const struct session *session, const struct events_summary *summary);

/* silent: for -v only. line: what outcome_not_obtained() said. */
void events_not_obtained(const struct session *session, const char *line, int64_t waited_ms,
                         bool silent);

/* A process of the command that we may not signal. */
void events_refused(pid_t pid);

#endif
