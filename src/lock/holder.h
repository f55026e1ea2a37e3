/*
 * holder - a run that has the lock (LOCK_CLEANING, LOCK_HELD): what each look confirms, which of
 * its names it may drop, and whether the lock is lost (docs/protocol.md, "Holding").
 */
#ifndef LOCK_HOLDER_H
#define LOCK_HOLDER_H

#include "lock/state.h"

/* The lock is ours by this listing, or with NULL by the mutex alone: the hold begins. */
void holder_begin(struct lock *lock, struct mono now, const struct lock_listing *listing);

/* A page of a listing is in. Sets lock->reading if its next page matters. */
void holder_look(struct lock *lock, struct mono now, const struct lock_answer *answer);

/* A renewal was answered: the look that confirms it is planned. */
void holder_made(struct lock *lock, struct mono now);

/* Listings do not show our claims, so the newest was created once more. Unless was_there, lost. */
void holder_asked(struct lock *lock, bool was_there);

/* The lock is lost, for that reason: the command is to be ended at once. */
void holder_lose(struct lock *lock, enum lock_reason reason);

/* The last look did not show our claims: nothing new is made until it is known what has happened.
 */
bool holder_is_in_doubt(const struct lock *lock);

#endif
