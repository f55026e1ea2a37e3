/* waiter_private - what the two files of the waiter share. */
#ifndef LOCK_WAITER_PRIVATE_H
#define LOCK_WAITER_PRIVATE_H

#include "lock/state.h"

/* The look that decides must not be asked for before: over a place, and over a claim. */
struct mono waiter_settled_at(const struct lock *lock, struct mono now);
struct mono waiter_claimed_at(const struct lock *lock, struct mono now);

/* Announces that we are about to hold. */
void waiter_claim(struct lock *lock);

/* --no-queue: keeps no place while it waits. */
void waiter_withdraw(struct lock *lock, struct mono now, uint32_t random);

/* Our claim was taken back since another has the mutex. */
void waiter_without_mutex(struct lock *lock, struct mono now, uint32_t random);

#endif
