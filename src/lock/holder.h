/* holder - a run that has the lock: what a listing means to it, and whether it still has it. */
#ifndef LOCK_HOLDER_H
#define LOCK_HOLDER_H

#include "lock/state.h"

/* By this listing the lock is ours; NULL: by the mutex alone. */
void holder_begin(struct lock *lock, struct mono now, const struct lock_listing *listing);

/* A page of a listing is in. Sets lock->reading if its next page matters. */
void holder_look(struct lock *lock, struct mono now, const struct lock_answer *answer);

/* A renewal was answered. */
void holder_made(struct lock *lock, struct mono now);

/* Listings do not show our claims: the newest was asked for by creating it. */
void holder_asked(struct lock *lock, bool was_there);

void holder_lose(struct lock *lock, enum lock_reason reason);

/* Something looks wrong: nothing new is made meanwhile. */
bool holder_is_in_doubt(const struct lock *lock);

#endif
