/*
 * leaving - a run that does not want the lock, or not any more, and deletes what it has made: the
 * mutex first, then its names, and then it looks whether something is left (docs/protocol.md,
 * "Leaving").
 */
#ifndef LOCK_LEAVING_H
#define LOCK_LEAVING_H

#include "lock/state.h"

/*
 * Begins to leave for that reason; LOCK_REASON_NONE keeps the reason that there is. Does nothing if
 * the run leaves already.
 */
void leaving_begin(struct lock *lock, struct mono now, enum lock_reason reason);

/* A page of a listing is in. Sets lock->reading if its next page matters. */
void leaving_look(struct lock *lock, struct mono now, const struct lock_answer *answer);

/* Asking for our claim has failed (MUTEX_ASKED). Is it to be asked for again? */
bool leaving_asks_again(const struct lock *lock, const struct lock_answer *answer);

/*
 * Our claim was asked for. was_there: it stood, or nobody can tell, and the mutex is ours to
 * delete. Else somebody had deleted it, and a look must tell whose the mutex is by now.
 */
void leaving_asked(struct lock *lock, struct mono now, bool was_there);

/*
 * How far apart the two looks are that must show nothing of ours, ms: D. A create without an answer
 * is assumed to be applied within that time, so with --settle 0 it is 1 s.
 */
int64_t leaving_settle_ms(const struct lock *lock);

/* Is nothing left to be done? */
bool leaving_is_over(struct lock *lock, struct mono now);

#endif
