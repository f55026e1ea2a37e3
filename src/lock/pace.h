/* pace - how long a waiter waits between two looks (docs/protocol.md, "Polling"). */
#ifndef LOCK_PACE_H
#define LOCK_PACE_H

#include "judge.h"
#include "lock/state.h"

/* While something is waited for to show up: D/4, then half as long again each time, up to 5 s. */
struct mono pace_again_at(struct lock *lock, struct mono now);

/*
 * The first page of many does not show us, but enough of those who were there before we came: it is
 * not our turn, whatever our ticket is. But that must be known by the first renewal.
 */
bool pace_is_far_back(const struct lock *lock, const struct lock_listing *listing,
                      const struct judgement *seen);

/* It was ahead at the last look. */
bool pace_has_met(const struct lock_pace *pace, const struct attempt *attempt);

/* After a look that showed somebody ahead. Remembers what the next one is compared with. */
int64_t pace_pause_ms(struct lock *lock, const struct lock_listing *listing,
                      const struct judgement *seen, uint32_t random);

#endif
