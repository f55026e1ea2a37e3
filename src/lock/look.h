/* look - what a listing leads to, in each phase; and the steps it shares with the rest. */
#ifndef LOCK_LOOK_H
#define LOCK_LOOK_H

#include "lock/lock.h"

/* A page of a listing is in. Sets lock->reading if its next page matters. */
void look(struct lock *lock, struct mono now, const struct lock_answer *answer);

/* All own attempts are gone or too old: begin anew, with the old place in the queue. */
void look_arrive(struct lock *lock);

/* Stop wanting the lock; delete what was made. */
void look_leave(struct lock *lock, struct mono now, enum lock_reason reason);

void look_lose(struct lock *lock, enum lock_reason reason);

/* --max-waiters: the queue is yet to be counted, by a look at once. */
bool look_counts_waiters(const struct lock *lock);

/* The deciding look comes once an own attempt is D old. */
struct mono look_settled_at(const struct lock *lock, struct mono now);

/* The look that decides over a claim. */
struct mono look_claimed_at(const struct lock *lock, struct mono now);

#endif
