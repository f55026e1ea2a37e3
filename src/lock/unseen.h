/*
 * unseen - listings do not show a run that wants the lock the name that it has made: for how long
 * it looks again, when it creates that name once more to learn whether it is there, and when it
 * goes on without seeing it (docs/protocol.md, "Listings that never show us").
 */
#ifndef LOCK_UNSEEN_H
#define LOCK_UNSEEN_H

#include "lock/state.h"

struct judgement;

/* Did the last look not show us? */
bool unseen_is(const struct lock *lock);

/* A look does not show us: plans the next one soon, and each third time asks for our newest name.
 */
void unseen_look(struct lock *lock, struct mono now, const struct lock_listing *listing,
                 const struct judgement *seen);

/* A look shows us: begins anew. */
void unseen_ends(struct lock *lock);

/* Our newest name was created once more, and the answer was "exists": it is there. */
void unseen_told_there(struct lock *lock, struct mono now);

/* May the run claim, or hold, by this look though it does not show our own names? */
bool unseen_may_be_ignored(const struct lock *lock, const struct lock_listing *listing,
                           const struct judgement *seen);

#endif
