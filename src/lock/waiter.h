/*
 * waiter - a run that wants the lock (LOCK_WAITING, LOCK_CLAIMING): how it takes its place in the
 * queue, what it does after each look, and when it holds (docs/protocol.md, "Waiting").
 */
#ifndef LOCK_WAITER_H
#define LOCK_WAITER_H

#include "lock/state.h"

/* Begins, or begins anew, with the old place in the queue. */
void waiter_arrive(struct lock *lock, struct mono now);

/* A page of a listing is in. Sets lock->reading if its next page matters. */
void waiter_look(struct lock *lock, struct mono now, const struct lock_answer *answer);

/* A create was answered: an own name stands. */
void waiter_made(struct lock *lock, struct mono now, const struct lock_generation *own);

/* A request about the mutex was answered: it is ours, or in doubt, or another has it. */
void waiter_mutex(struct lock *lock, struct mono now, const struct lock_answer *answer);

/* Listings do not show our newest name, so it was created once more: was it still there? */
void waiter_asked(struct lock *lock, struct mono now, bool was_there);

/* We cannot hold yet: deletes claim and mutex, and waits on at the old place in the queue. */
void waiter_take_claim_back(struct lock *lock, struct mono now);

/*
 * Counts a look after which we cannot have the lock. True if that was the last that --max-attempts
 * allows: then the run leaves, for that reason.
 */
bool waiter_was_last_look(struct lock *lock, struct mono now, enum lock_reason reason);

/* --max-waiters: is the queue yet to be counted? That is done once, on arrival. */
bool waiter_counts(const struct lock *lock);

/* May we be about to hold, by what is known? Nobody is in our way, or nothing has told so yet. */
bool waiter_has_hope(const struct lock *lock);

#endif
