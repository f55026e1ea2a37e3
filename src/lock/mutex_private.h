/* mutex_private - what the two files of the mutex share. */
#ifndef LOCK_MUTEX_PRIVATE_H
#define LOCK_MUTEX_PRIVATE_H

#include "lock/lock.h"

/* Another has it: the next slot, if there is one; or it is a dead run's; or not now. */
void mutex_taken(struct lock *lock);

/* Others see that we live, or will for a while. */
bool mutex_is_sure(const struct lock *lock, struct mono now);

/* It may have been taken for a dead run's. */
void mutex_doubt(struct lock_mutex *mutex, struct mono now);

#endif
