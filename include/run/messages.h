/*
 * messages - a session in words: what is told as it goes, and how it ended.
 *
 * An event is written at once: with --log-format json an object (docs/log-format.md), in text
 * mostly for -v only. What main or the waiting line has to say is handed back. Names of other
 * contenders are made printable; times are the service's, in UTC.
 */
#ifndef RUN_MESSAGES_H
#define RUN_MESSAGES_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/date.h"
#include "base/error.h"
#include "run/session.h"

#define MESSAGES_WHO_BYTES    440
#define MESSAGES_ID_BYTES     160
#define MESSAGES_BEHIND_BYTES 32

/* The one who is ahead of us, by the last look; all printable. */
struct messages_ahead {
    char id[MESSAGES_ID_BYTES]; /* "" of a name that cannot be read */
    char label[ATTEMPT_LABEL_BYTES + 1];
    char since[DATE_ISO_BYTES]; /* by the service's clock; "": the name says what cannot be */
    char until[DATE_ISO_BYTES]; /* when it will end by its holder's word; "": that is not said */
};

/* False if nobody is known to be; then everything is "". */
bool messages_ahead(const struct session *session, struct messages_ahead *ret_ahead);

/*
 * "'ID' (label) since 2026-11-22T06:45:12Z, probably until 2026-11-22T07:45:12Z": the one who is
 * ahead of us.
 */
void messages_who(const struct session *session, char out[MESSAGES_WHO_BYTES]);

/* How many wait before us, whoever holds the lock not counted; and "behind 2", "" if nobody does.
 */
unsigned messages_before(const struct session *session);
void messages_behind(const struct session *session, char out[MESSAGES_BEHIND_BYTES]);

/* The lock is lost for that reason: ERROR_LOST and why. */
void messages_why_lost(const struct session *session, enum lock_reason reason,
                       struct error *ret_why);

/*
 * A session that finished without the lock: ERROR_NONE and a line about who holds it if that is
 * all (the exit status is the user's choice), else what went wrong.
 */
void messages_why_not_obtained(const struct session *session, struct error *ret_why);

/* Names that could not be deleted, one line; false if there are none. */
bool messages_left(const struct session *session, struct error *ret_why);

/* What messages_why_not_obtained() has to say includes that: no create was ever answered. */
bool messages_says_left(const struct session *session);

/* All that lock and credentials have to say by now. By the thread that has the session. */
void messages_notices(struct session *session);

/* A signal ended the wait; the attempts are deleted, or it was said that they are not. */
void messages_withdrawn(const struct session *session, int number, int64_t waited_ms);

/* silent: for -v only. line: what messages_why_not_obtained() said. */
void messages_not_obtained(const struct session *session, const char *line, int64_t waited_ms,
                           bool silent);

void messages_acquired(const struct session *session, int64_t waited_ms);

/* Any thread. A renewal was confirmed, the n-th. */
void messages_renewed(const struct session *session, unsigned renewals);

/* Told before the command is ended; with warn it goes on. */
void messages_lost(const struct session *session, const struct error *why, bool warn);

/* --max-hold is over: the command is being ended. */
void messages_max_hold(const struct session *session, int64_t held_ms);

void messages_ended(const struct session *session, int status, int64_t ran_ms);

/* --min-hold: the command is over, the lock is kept. */
void messages_holding_on(const struct session *session, int64_t for_ms);

struct messages_summary {
    int status; /* of the command */
    int64_t waited_ms;
    int64_t held_ms;
    unsigned renewals;
    bool left; /* something could not be deleted, as was said */
};
void messages_released(const struct session *session, const struct messages_summary *summary);

/* A process of the command that we may not signal. */
void messages_refused(pid_t pid);

#endif
