/* waiter_private - what waiter.c and waiter_look.c share, and nobody else needs. */
#ifndef LOCK_WAITER_PRIVATE_H
#define LOCK_WAITER_PRIVATE_H

#include "lock/state.h"

/*
 * The look that decides must not be asked for before this: whether to claim (an own attempt must
 * have stood for D), and whether to hold. MONO_NEVER if there is nothing to decide by yet.
 */
struct mono waiter_settled_at(const struct lock *lock, struct mono now);
struct mono waiter_claimed_at(const struct lock *lock, struct mono now);

/* Plans a claim: a generation that tells others that we are about to hold. */
void waiter_claim(struct lock *lock);

/* --no-queue: keeps no place while it waits. */
void waiter_withdraw(struct lock *lock, struct mono now, uint32_t random);

/* Decides what to do now that our claim was taken back since another has the mutex. */
void waiter_without_mutex(struct lock *lock, struct mono now, uint32_t random);

#endif
