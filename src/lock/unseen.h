/*
 * unseen - what a run that wants the lock has made, and no listing shows: for how long it is waited
 * for, when it is asked for, and when it is done without.
 */
#ifndef LOCK_UNSEEN_H
#define LOCK_UNSEEN_H

#include "lock/state.h"

struct judgement;

/* The last look did not show us. */
bool unseen_is(const struct lock *lock);

/* This one does not, either: looks again soon, and now and then asks for our newest name. */
void unseen_look(struct lock *lock, struct mono now, const struct lock_listing *listing,
                 const struct judgement *seen);

/* A look shows us. */
void unseen_ends(struct lock *lock);

/* It was asked for by creating it, and was there. */
void unseen_told_there(struct lock *lock, struct mono now);

/* By this look the run may go on though that does not show it. */
bool unseen_may_be_ignored(const struct lock *lock, const struct lock_listing *listing,
                           const struct judgement *seen);

#endif
