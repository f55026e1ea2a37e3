/* tell - how requests went, as far as all kinds of them have it in common. */
#ifndef LOCK_TELL_H
#define LOCK_TELL_H

#include "lock/lock.h"

void tell_failure(struct lock *lock, struct mono now, const struct lock_answer *answer);
void tell_success(struct lock *lock);

#endif
