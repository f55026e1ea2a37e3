/* waiter - a run that wants the lock: how it comes, what a listing means to it, when it holds. */
#ifndef LOCK_WAITER_H
#define LOCK_WAITER_H

#include "lock/state.h"

/* Begins, or begins anew, with the old place in the queue. */
void waiter_arrive(struct lock *lock, struct mono now);

/* A page of a listing is in. Sets lock->reading if its next page matters. */
void waiter_look(struct lock *lock, struct mono now, const struct lock_answer *answer);

/* A create was answered: an own name stands. */
void waiter_made(struct lock *lock, struct mono now, const struct lock_generation *own);

/* Something was learnt of the mutex: it is ours, or in doubt, or another has it. */
void waiter_mutex(struct lock *lock, struct mono now, const struct lock_answer *answer);

/* Listings do not show what we wait with: it was asked for by creating it. */
void waiter_asked(struct lock *lock, struct mono now, bool was_there);

/* The claim is not wanted any more, and with it the mutex. */
void waiter_take_claim_back(struct lock *lock, struct mono now);

/* It turned out that we cannot have the lock yet. True if that was the last look: we leave. */
bool waiter_was_last_look(struct lock *lock, struct mono now, enum lock_reason reason);

/* --max-waiters: the queue is yet to be counted, by a look at once. */
bool waiter_counts(const struct lock *lock);

/* Nobody is in our way, or nothing tells yet: we may be about to hold. */
bool waiter_has_hope(const struct lock *lock);

#endif
