/* leaving - a run that does not want the lock (any more), and deletes what it has made. */
#ifndef LOCK_LEAVING_H
#define LOCK_LEAVING_H

#include "lock/state.h"

void leaving_begin(struct lock *lock, struct mono now, enum lock_reason reason);

/* A page of a listing is in. Sets lock->reading if its next page matters. */
void leaving_look(struct lock *lock, struct mono now, const struct lock_answer *answer);

/* Our claim was asked for, and that has failed. Is it to be tried again? */
bool leaving_asks_again(const struct lock *lock, const struct lock_answer *answer);

/* Our claim was asked for. It was there, or nobody can tell; or it was made anew. */
void leaving_asked(struct lock *lock, struct mono now, bool was_there);

/*
 * How far apart the two listings are that must show nothing of ours: D, ms. It bounds how late a
 * create may take effect that had no answer, so with --settle 0 it is 1 s all the same.
 */
int64_t leaving_settle_ms(const struct lock *lock);

/* Is nothing left to be done? */
bool leaving_is_over(struct lock *lock, struct mono now);

#endif
