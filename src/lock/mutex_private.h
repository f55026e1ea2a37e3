/* mutex_private - what the files of the mutex share. */
#ifndef LOCK_MUTEX_PRIVATE_H
#define LOCK_MUTEX_PRIVATE_H

#include "judge.h"
#include "lock/state.h"

/* Of the slot that we have, or had: */
struct mutex_sight {
    bool still_ours;    /* the mutex that we had is shown, by its creation time; */
    bool ours_shown;    /* or some mutex is, */
    bool broken;        /* that another is about to remove: its #break is younger, */
    int64_t created_ms; /* made then */
};

/* A page of a listing is in: what it shows of others' mutexes is noted. */
struct mutex_sight mutex_sight(struct lock *lock, const struct lock_listing *listing,
                               const struct judgement *seen, uint32_t random);

/* Another has it: the next slot, if there is one; or it is a dead run's; or not now. */
void mutex_taken(struct lock *lock);

/* It may have been taken for a dead run's. */
void mutex_doubt(struct lock_mutex *mutex, struct mono now);

/* A #break is in sight that is no dead run's: another is about to remove the dead run's mutex. */
bool mutex_is_being_broken(const struct lock *lock);

#endif
