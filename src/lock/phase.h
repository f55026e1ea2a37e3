/* phase - what lock.c and tell.c both ask of, or do to, a run between its steps. */
#ifndef LOCK_PHASE_H
#define LOCK_PHASE_H

#include "lock/lock.h"

static inline bool phase_is_holding(const struct lock *lock)
{
    return lock->phase == LOCK_CLEANING || lock->phase == LOCK_HELD;
}

static inline bool phase_is_waiting(const struct lock *lock)
{
    return lock->phase == LOCK_WAITING || lock->phase == LOCK_CLAIMING;
}

#endif
