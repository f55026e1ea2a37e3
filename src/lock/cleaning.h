/*
 * cleaning - what others have left, and may be deleted (docs/protocol.md, "Cleaning"): found in a
 * listing, looked into where need be, deleted, or left alone for good.
 */
#ifndef LOCK_CLEANING_H
#define LOCK_CLEANING_H

#include "lock/state.h"

/*
 * Remembers what a listing shows to be deletable: attempts that an earlier run with our ID has
 * left, and if expired_too what has expired. What was remembered before is forgotten.
 */
void cleaning_take(struct lock *lock, struct mono now, const struct lock_listing *listing,
                   bool expired_too);

/*
 * Cleaning is next: forgets what cannot be deleted now, since its listing is too old (then another
 * is planned), or since it need not go before the command. May end LOCK_CLEANING.
 */
void cleaning_advance(struct lock *lock, struct mono now);

/* What to look into or delete now; NULL if there is nothing, or its time has not come. */
const struct lock_cleaning *cleaning_next(const struct lock *lock, struct mono now);

/* How the delete of that, or the look into it, ended. */
void cleaning_tell_delete(struct lock *lock, struct mono now, const struct lock_answer *answer);
void cleaning_tell_inside(struct lock *lock, struct mono now, const struct lock_answer *answer);

/* Has that log group turned out to be no attempt, so that it is left alone? */
bool cleaning_left_alone(const struct lock *lock, struct text name);

#endif
