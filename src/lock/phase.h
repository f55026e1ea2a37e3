/* phase - which part of a run's life it is in. It is set here only. */
#ifndef LOCK_PHASE_H
#define LOCK_PHASE_H

#include "lock/state.h"

static inline bool phase_is_holding(const struct lock *lock)
{
    return lock->phase == LOCK_CLEANING || lock->phase == LOCK_HELD;
}

static inline bool phase_is_waiting(const struct lock *lock)
{
    return lock->phase == LOCK_WAITING || lock->phase == LOCK_CLAIMING;
}

static inline void phase_set(struct lock *lock, enum lock_phase phase)
{
    lock->phase = phase;
}

#endif
