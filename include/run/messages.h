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

/* The one who is ahead of us, by the last look. All texts are fit to be printed. */
struct messages_ahead {
    char id[MESSAGES_ID_BYTES]; /* "" if its name cannot be read */
    char label[ATTEMPT_LABEL_BYTES + 1];
    char since[DATE_ISO_BYTES]; /* by the service's clock; "" if that is no possible date */
    char until[DATE_ISO_BYTES]; /* when its holder expects to end; "" if its name does not say */
};

/* False if nobody is known to be ahead; then all texts are "". */
bool messages_ahead(const struct session *session, struct messages_ahead *ret_ahead);

/*
 * Who is ahead of us, as "'ID' (label) since 2026-11-22T06:45:12Z, probably until
 * 2026-11-22T07:45:12Z", without what is not known; "somebody" if nobody is known.
 */
void messages_who(const struct session *session, char out[MESSAGES_WHO_BYTES]);

/*
 * How many runs wait before us, holders not counted; and the same in words: "behind 2", "behind at
 * least 2" if not all pages were read, or "" if nobody does.
 */
unsigned messages_before(const struct session *session);
void messages_behind(const struct session *session, char out[MESSAGES_BEHIND_BYTES]);

/* Sets *ret_why to ERROR_LOST and a line: that the lock is lost, and the reason in words. */
void messages_why_lost(const struct session *session, enum lock_reason reason,
                       struct error *ret_why);

/*
 * Why a session has finished without the lock. If nothing failed, and the lock is just another's,
 * the kind is ERROR_NONE and the text is a line about that; the exit status is then the one that
 * the user has chosen for it. Else *ret_why is what went wrong.
 */
void messages_why_not_obtained(const struct session *session, struct error *ret_why);

/* Are there names of ours that could not be deleted? Then *ret_why has a line about them. */
bool messages_left(const struct session *session, struct error *ret_why);

/*
 * Does messages_why_not_obtained() say that as well? So it is when no create was ever answered; the
 * line of messages_left() would only repeat it.
 */
bool messages_says_left(const struct session *session);

/*
 * Reports the notices of lock and credentials that have come up since the last call. To be called
 * by the thread that has the session.
 */
void messages_notices(struct session *session);

/* The signal `number` ended the wait. To be called after the attempts were deleted. */
void messages_withdrawn(const struct session *session, int number, int64_t waited_ms);

/* line: the text of messages_why_not_obtained(). silent: in text it is shown with -v only. */
void messages_not_obtained(const struct session *session, const char *line, int64_t waited_ms,
                           bool silent);

void messages_acquired(const struct session *session, int64_t waited_ms);

/* A renewal was confirmed; `renewals` counts it. May be called from any thread. */
void messages_renewed(const struct session *session, unsigned renewals);

/* The lock is lost, for that reason. warn: the command goes on (--on-lost warn), else it is ended.
 */
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

/* We may not signal this process of the command: it belongs to another user. */
void messages_refused(pid_t pid);

#endif
