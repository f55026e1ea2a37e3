/* mutex_private - what src/lock/mutex*.c share, and nobody else needs. */
#ifndef LOCK_MUTEX_PRIVATE_H
#define LOCK_MUTEX_PRIVATE_H

#include "judge.h"
#include "lock/state.h"

/* What a listing shows of the mutex of our slot (mutex.slot), whoever has made it. */
struct mutex_sight {
    bool still_ours; /* by its creation time it may be the one that we have made */
    bool shown;      /* there is one; the rest is about it */
    bool claimed;    /* another's live claim says that it has this slot (never the exclusive one) */
    bool being_removed; /* another's #break is younger, so that one is about to remove it */
    int64_t created_ms; /* by the service's clock; 0 if none is shown */
};

/*
 * Notes in lock->mutex what the listing, as far as it was read, shows of mutexes: which are there,
 * which is free, and (of a whole listing only) which may be a dead run's. Returns what it shows of
 * our own slot. `random` spreads runs over the free slots.
 */
struct mutex_sight mutex_read_listing(struct lock *lock, const struct lock_listing *listing,
                                      const struct judgement *seen, uint32_t random);

/*
 * The mutex of our slot turned out to be another's. What comes next is: removing it, if it is a
 * dead run's; else the next slot; else nothing, and the claim is to be taken back.
 */
void mutex_taken(struct lock *lock);

/* Others may have taken us for dead and removed our mutex: a look must tell whether it is there. */
void mutex_doubt(struct lock_mutex *mutex, struct mono now);

/* There is a #break of another run, younger than 2 T: that run is about to remove the suspect. */
bool mutex_is_being_broken(const struct lock *lock);

#endif
