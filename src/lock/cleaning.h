/*
 * cleaning - what others have left, and may be deleted (docs/protocol.md, "Cleaning"): found in a
 * listing, looked into where need be, deleted, or left alone for good.
 */
#ifndef LOCK_CLEANING_H
#define LOCK_CLEANING_H

#include "lock/state.h"

/* Remembers what a listing shows to be deletable: leftovers of our ID, and what has expired. */
void cleaning_take(struct lock *lock, struct mono now, const struct lock_listing *listing,
                   bool expired_too);

/* Its turn has come: forgets what it is too late, or too early for. */
void cleaning_advance(struct lock *lock, struct mono now);

/* What to look into or delete now, or NULL. */
const struct lock_cleaning *cleaning_next(const struct lock *lock, struct mono now);

/* What became of that. */
void cleaning_tell_delete(struct lock *lock, struct mono now, const struct lock_answer *answer);
void cleaning_tell_inside(struct lock *lock, struct mono now, const struct lock_answer *answer);

/* It turned out to be no attempt. */
bool cleaning_left_alone(const struct lock *lock, struct text name);

#endif
