/* pace - how long a waiter waits between two looks (docs/protocol.md, "Polling"). */
#ifndef LOCK_PACE_H
#define LOCK_PACE_H

#include "judge.h"
#include "lock/lock.h"

/* While something is waited for to show up: D/4, then half as long again each time, up to 5 s. */
struct mono pace_again_at(struct lock *lock, struct mono now);

/* After a look that showed somebody ahead. Remembers what the next one is compared with. */
int64_t pace_pause_ms(struct lock *lock, const struct lock_listing *listing,
                      const struct judgement *seen, uint32_t random);

#endif
