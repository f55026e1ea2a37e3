/*
 * outcome - how a session ended, or what goes on, in words: one line, for people.
 *
 * Names of other contenders are made printable; times are the service's, in UTC.
 */
#ifndef RUN_OUTCOME_H
#define RUN_OUTCOME_H

#include "base/date.h"
#include "run/session.h"

#define OUTCOME_WHO_BYTES       400
#define OUTCOME_ID_BYTES        160
#define OUTCOME_BEHIND_BYTES    32
#define OUTCOME_DISAGREES_BYTES 900

/* The lock is lost for that reason: ERROR_LOST and why. */
void outcome_lost(const struct session *session, enum lock_reason reason, struct error *ret_why);

/*
 * A session that finished without the lock: ERROR_NONE and a line about who holds it if that is
 * all (the exit status is the user's choice), else what went wrong.
 */
void outcome_not_obtained(const struct session *session, struct error *ret_why);

/* The one who is ahead of us, by the last look; all printable. */
struct outcome_ahead {
    char id[OUTCOME_ID_BYTES]; /* "" of a name that cannot be read */
    char label[ATTEMPT_LABEL_BYTES + 1];
    char since[DATE_ISO_BYTES]; /* by the service's clock */
};

/* False if nobody is known to be; then everything is "". */
bool outcome_ahead(const struct session *session, struct outcome_ahead *ret_ahead);

/* "'ID' ('label') since 2026-11-22T06:45:12Z": the one who is ahead of us. */
void outcome_who(const struct session *session, char out[OUTCOME_WHO_BYTES]);

/* How many wait before us, whoever holds the lock not counted; and "behind 2", "" if nobody does.
 */
unsigned outcome_before(const struct session *session);
void outcome_behind(const struct session *session, char out[OUTCOME_BEHIND_BYTES]);

/* LOCK_NOTICE_DISAGREES, by the name that came with it: who that is, and what about. */
void outcome_disagrees(const struct session *session, const char *name, char id[OUTCOME_ID_BYTES],
                       char out[OUTCOME_DISAGREES_BYTES]);

/* Names that could not be deleted, one line; false if there are none. */
bool outcome_left(const struct session *session, struct error *ret_why);

/* What outcome_not_obtained() has to say includes that: no create was ever answered. */
bool outcome_says_left(const struct session *session);

#endif
